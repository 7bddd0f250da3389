"""Writes what the labs' runs reached into measurements/results/labs.csv and README's table, from their metrics.json.

python -m tools.labs_table RUN_FOLDER...
"""

import csv
import json
import re
import statistics
import sys
from pathlib import Path

from measurements.tables import RESULTS
from unnoise.experiment import RunFolder

ROOT = Path(__file__).parents[1]
COLUMNS = ["recipe", "seed", "noise", "parameters", "best_val_loss", "last_val_loss", "mse", "psnr", "ssim", "bce"]
COLUMNS += ["noisy_psnr", "linear_psnr", "training_accuracy", "clean", "noisy", "denoised", "composite"]
COLUMNS += ["matched_noise", "matched_noisy", "matched_denoised", "matched_composite"]


INPUTS = ("clean", "noisy", "denoised", "composite")


def accuracies(content: dict, network: str) -> dict[str, float]:
    rows = {row["name"]: row["accuracy"] for row in content["accuracies"]}
    rows["denoised"] = rows.get(f"denoised ({network})")
    return {key: rows.get(key) for key in INPUTS}


def figures(run: RunFolder) -> dict:
    content, recipe = json.loads(run.metrics_file.read_text("utf-8")), run.recipe
    network = recipe.model.architecture
    rows = {row["name"]: row for row in content["rows"]}
    losses = [float(row["val_loss"]) for row in run.read_history() if row["stage"] == "autoencoder"]
    found = {key: rows[network][key] for key in ("mse", "psnr", "ssim", "bce")} | accuracies(content, network)
    found |= {"recipe": recipe.name, "seed": recipe.seed, "noise": recipe.noise}
    found |= {"parameters": run.load_model("autoencoder").count_params()}
    found |= {"best_val_loss": min(losses), "last_val_loss": losses[-1]}
    found |= {"noisy_psnr": content["rows"][0]["psnr"], "linear_psnr": rows.get("linear", {}).get("psnr")}
    found |= {"training_accuracy": content.get("training_accuracy")}
    if "matched" in content:
        there = accuracies(content["matched"], network)
        found |= {"matched_noise": content["matched"]["noise"]}
        found |= {f"matched_{key}": there[key] for key in ("noisy", "denoised", "composite")}
    return found


def in_words(runs: list[dict]) -> str:
    first = runs[0]
    if first["clean"] is not None:
        parts = [f"{key} {first[key]:.2%}" for key in INPUTS if first[key] is not None]
        text = ", ".join(parts).replace("%", " %") + f"; training {first['training_accuracy']:.2%}".replace("%", " %")
        if first.get("matched_noise"):
            there = ", ".join(f"{key} {first['matched_' + key]:.2%}" for key in ("noisy", "denoised", "composite"))
            text += f"; at {first['matched_noise']}: " + there.replace("%", " %")
        return text + f"; {first['psnr']:.2f} dB"
    mse = statistics.mean(run["mse"] for run in runs)
    seeds = f" (mean of {len(runs)} seeds)" if len(runs) > 1 else ""
    text = f"validation loss {first['last_val_loss']:.4f}, " if first["recipe"] == "fashion-dense" else ""
    psnr = statistics.mean(run["psnr"] for run in runs)
    text += f"MSE {mse:.4f}{seeds}, {psnr:.2f} dB"
    return text + (f" (linear {first['linear_psnr']:.2f} dB)" if first["linear_psnr"] is not None else "")


def main() -> None:
    found = [figures(RunFolder.open(path)) for path in sys.argv[1:]]
    with open(RESULTS / "labs.csv", "w", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        rounded = [{k: round(v, 5) if isinstance(v, float) else v for k, v in run.items()} for run in found]
        writer.writerows(rounded)
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in {run["recipe"] for run in found}:
        words = in_words([run for run in found if run["recipe"] == name])
        readme = re.sub(rf"(<!-- reached:{name} -->)[^|]*\|", lambda match, words=words: f"{match[1]}{words} |", readme)
    (ROOT / "README.md").write_text(readme, "utf-8")


if __name__ == "__main__":
    main()
