// The page: images that were chosen, what is done to them, and what is shown and saved.

import { followed } from "./blend.js";
import { useViewer } from "./gestures.js";
import * as server from "./server.js";
import { Viewer } from "./viewer.js";

const AT_ONCE = 2;  // images on their way to the server
const part = (id) => document.getElementById(id);
const images = [];  // {file, answers: Map of model -> answer, problem, now, force}
let current = null, busy = 0, previewed = null;

const viewer = new Viewer(part("canvas"), moved, (error, answer) => error.status === 404 && renew(answer));
useViewer(viewer, part("divider"), step);

// Choosing images

for (const button of ["choose", "add"]) part(button).addEventListener("click", () => part("files").click());
part("files").addEventListener("change", ({ target }) => {
  add(target.files);
  target.value = "";
});
addEventListener("paste", (event) => add(event.clipboardData.files));
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  add(event.dataTransfer.files);
});

function add(files) {
  const added = [...files].map((file) => ({ file, answers: new Map(), problem: null, now: null, force: false }));
  if (!added.length) return;
  images.push(...added);
  for (const image of added) part("strip").append(thumbnail(image));
  say(added.length === 1 ? `${added[0].file.name} was added.` : `${added.length} images were added.`);
  arrange();
  if (!current) choose(added[0]);
  feed();
}

function thumbnail(image) {
  const entry = document.createElement("li"), button = document.createElement("button");
  button.type = "button";
  button.title = image.file.name;
  button.setAttribute("aria-label", image.file.name);
  button.append(document.createElement("canvas"), document.createElement("b"));
  button.addEventListener("click", () => choose(image));
  entry.append(button);
  image.entry = entry;
  return entry;
}

function arrange() {
  document.body.classList.toggle("empty", images.length === 0);
  document.querySelector("nav").classList.toggle("one", images.length < 2);
  part("all").hidden = images.length < 2;
}

function choose(image) {
  current = image;
  for (const other of images) other.entry.firstChild.setAttribute("aria-current", other === image);
  image?.entry.scrollIntoView({ block: "nearest", inline: "nearest" });
  show();
  feed();
}

function step(by) {
  const to = images[images.indexOf(current) + by];
  if (to) choose(to);
}

// Denoising

const wanted = () => [part("model").value, part("other").value].filter(Boolean);
const answerOf = (image) => image?.answers.get(part("model").value) ?? null;

/** Send the next images to the server: the one that is shown first, the others with the model that is chosen. */
function feed() {
  while (busy < AT_ONCE) {
    const waiting = (image, model) => !image.answers.has(model) && !image.problem && !image.working;
    const next = [[current, wanted()], ...images.map((image) => [image, wanted().slice(0, 1)])]
      .flatMap(([image, models]) => (image ? models.map((model) => [image, model]) : []))
      .find(([image, model]) => model && waiting(image, model));
    if (!next) return;
    busy++;
    work(...next).finally(() => {
      busy--;
      feed();
    });
  }
}

async function work(image, model) {
  image.working = true;
  const told = (now) => {
    image.now = now;
    mark(image);
    if (image === current) progress();
  };
  told({ state: "sending" });
  try {
    const of = [...image.answers.values()][0]?.id;
    const skipClean = !image.force;
    const answer = await server.denoise(image.file, { model, skipClean, of }, told).catch((error) => {
      // The answer that had the image is gone.
      if (of && error.status === 404) return server.denoise(image.file, { model, skipClean }, told);
      throw error;
    });
    if (!images.includes(image)) return void server.forget(answer.id);
    image.answers.set(model, answer);
    picture(image, answer);
    say(`${image.file.name}: ${answer.words[0]}`);
  } catch (error) {
    image.problem = error.message.replace("Cannot read the data", `Cannot read ${image.file.name}`);
    say(image.problem);
  } finally {
    image.working = false;
    image.now = null;
    mark(image);
    if (image === current) show();
    settle();
  }
}

/** Denoise again what the server has forgotten. */
function renew(answer) {
  for (const image of images) {
    for (const [model, known] of image.answers) {
      if (known.id === answer.id) image.answers.delete(model);
    }
  }
  show();
  feed();
}

function mark(image) {
  const failed = image.problem !== null, done = image.answers.size > 0 && !failed;
  image.entry.className = failed ? "failed" : done ? "done" : "";
  const share = image.now?.share;
  image.entry.querySelector("b").textContent = failed ? "!" : share ? `${Math.round(share * 100)} %` : "…";
  image.entry.firstChild.setAttribute("aria-label", `${image.file.name}${failed ? ", failed" : done ? "" : ", waiting"}`);
}

/** Draw the little picture of an image from its coarsest square. */
function picture(image, answer) {
  if (!answer.view) return;
  const { squares } = viewer, level = answer.view.levels - 1;
  const draw = () => {
    const square = squares.peek(answer, level, 0, 0), canvas = image.entry.querySelector("canvas");
    if (!square) return;
    const large = new OffscreenCanvas(square.width, square.height);
    large.getContext("2d").putImageData(new ImageData(square.colours, square.width, square.height), 0, 0);
    const scale = Math.min(1, 200 / Math.min(square.width, square.height));
    [canvas.width, canvas.height] = [Math.max(1, square.width * scale), Math.max(1, square.height * scale)];
    canvas.getContext("2d").drawImage(large, 0, 0, canvas.width, canvas.height);
    viewer.refresh();
  };
  if (squares.get(answer, level, 0, 0, draw)) draw();
}

// What is shown

function show() {
  const answer = answerOf(current), other = current?.answers.get(part("other").value) ?? null;
  viewer.show(answer?.view ? answer : null, other);
  preview(current?.problem ? null : current);
  part("name").textContent = current?.file.name ?? "";
  const report = answer?.report;
  part("size").textContent = report
    ? `${report.width} × ${report.height} · ${report.bits} bit${report.channels === 1 ? " · gray" : ""}${report.alpha ? " · transparent" : ""}`
    : "";
  part("words").replaceChildren(...(answer?.words ?? []).map((text) => {
    const line = document.createElement("p");
    line.textContent = text;
    return line;
  }));
  part("force").hidden = !answer || answer.changed || !answer.report.unchanged || current.force;
  for (const id of ["divider", "zoom", "left", "right"]) part(id).hidden = !answer?.view;
  part("left").textContent = part("other").value || "Before";
  part("right").textContent = part("other").value ? part("model").value : "After";
  part("notice").hidden = !current?.problem;
  part("notice").querySelector("p").textContent = current?.problem ?? "";
  progress();
  settle();
}

/** Show the image as it is, as far as the browser can read it, until its answer is drawn. */
function preview(image) {
  const element = part("preview");
  if (previewed === image) return;
  previewed = image;
  element.hidden = true;
  if (element.src) URL.revokeObjectURL(element.src);
  element.removeAttribute("src");
  if (image) element.src = URL.createObjectURL(image.file);
}
part("preview").addEventListener("load", ({ target }) => (target.hidden = false));

function progress() {
  const now = current?.now, waits = current && !current.problem && !answerOf(current);
  part("work").hidden = !(now || waits);
  const [bar, words] = part("work").children;
  if (now?.share > 0) bar.value = now.share;
  else bar.removeAttribute("value");
  const left = now?.seconds_left;
  words.textContent = now?.state === "working" ? `Denoising${left ? `, ${duration(left)} left` : ""}…`
    : now?.state === "sending" ? "Reading the image…" : "Waiting for its turn…";
}

const duration = (seconds) => (seconds > 90 ? `${Math.round(seconds / 60)} min` : `${Math.max(1, Math.round(seconds))} s`);

function moved({ split, scale, after, whole, original, canvas }) {
  if (after && whole) preview(null);
  part("divider").style.left = `${split * 100}%`;
  part("divider").setAttribute("aria-valuenow", Math.round(split * 100));
  part("left").style.opacity = original || split * canvas.clientWidth > 110 ? 1 : 0;
  part("right").style.opacity = !original && (1 - split) * canvas.clientWidth > 110 ? 1 : 0;
  part("scale").textContent = after ? `${Math.round(scale * 1000) / 10} %` : "";
}

for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => {
    if (!viewer.after) return;
    const { zoom } = button.dataset;
    if (zoom === "fit") viewer.fit();
    else viewer.zoom(zoom === "one" ? 1 : viewer.scale * (zoom === "in" ? 1.5 : 1 / 1.5));
  });
}

// Strength

function values() {
  const strength = part("strength").value / 100, linked = part("linked").checked;
  return { strength, chroma: linked ? null : part("chroma").value / 100 };
}

function reblend() {
  const { strength, chroma } = values(), colour = chroma ?? followed(strength);
  if (chroma === null) part("chroma").value = Math.round(colour * 100);
  part("strength-value").textContent = `${Math.round(strength * 100)} %`;
  part("chroma-value").textContent = `${Math.round(colour * 100)} %`;
  viewer.blendBy(strength, colour);
}

for (const id of ["strength", "linked"]) part(id).addEventListener("input", reblend);
part("chroma").addEventListener("input", () => {
  part("linked").checked = false;
  reblend();
});

// Models

for (const id of ["model", "other"]) {
  part(id).addEventListener("change", () => {
    part("summary").textContent = part("model").selectedOptions[0]?.title ?? "";
    show();
    feed();
  });
}

server.models().then((known) => {
  for (const { name, summary } of known) {
    for (const id of ["model", "other"]) {
      const option = new Option(name, name);
      option.title = summary;
      part(id).append(option);
    }
  }
  part("model").value = known[0].name;
  part("summary").textContent = part("model").selectedOptions[0].title;
  feed();
}, (error) => say(error.message));

part("force").addEventListener("click", () => {
  current.force = true;
  for (const answer of current.answers.values()) forgetAnswer(answer);
  current.answers.clear();
  show();
  feed();
});
part("again").addEventListener("click", () => {
  current.problem = null;
  mark(current);
  show();
  feed();
});
part("remove").addEventListener("click", () => {
  const place = images.indexOf(current);
  images.splice(place, 1);
  for (const answer of current.answers.values()) forgetAnswer(answer);
  current.entry.remove();
  current = null;
  arrange();
  choose(images[Math.min(place, images.length - 1)] ?? null);
});

function forgetAnswer(answer) {
  viewer.squares.drop(answer.id);
  server.forget(answer.id);
}

// Saving

function settle() {
  const done = images.filter((image) => answerOf(image));
  part("download").disabled = !answerOf(current);
  part("all").disabled = done.length === 0;
  part("all").textContent = done.length === images.length ? "Download all as zip" : `Download ${done.length} of ${images.length} as zip`;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function saving(button, act) {
  button.disabled = true;
  part("saving").textContent = "Writing…";
  try {
    await act();
    part("saving").textContent = "Saved to your downloads.";
  } catch (error) {
    part("saving").textContent = error.message;
  }
  settle();
}

/** The answer of an image, denoised again where the server has forgotten it. */
async function kept(image) {
  const answer = answerOf(image), model = part("model").value;
  if (await server.isKept(answer.id)) return answer;
  image.answers.delete(model);
  await work(image, model);
  if (!answerOf(image)) throw new Error(image.problem);
  return answerOf(image);
}

part("download").addEventListener("click", ({ target }) => saving(target, async () => {
  const { strength, chroma } = values(), image = current, { id } = await kept(image);
  const [, stem, suffix] = image.file.name.match(/^(.*?)(\.[^.]*)?$/s);
  save(await server.download(id, strength, chroma), `${stem}.denoised${suffix ?? ""}`);
}));

part("all").addEventListener("click", ({ target }) => saving(target, async () => {
  const list = [];
  for (const image of images.filter((one) => answerOf(one))) list.push({ id: (await kept(image)).id, name: image.file.name, ...values() });
  save(await server.zip(list), "unnoise.zip");
}));

addEventListener("pagehide", (event) => {
  if (event.persisted) return;
  for (const { answers } of images) for (const { id } of answers.values()) server.forget(id);
});

function say(text) {
  part("status").textContent = text;
}

reblend();
// For tests and measurements.
window.unnoise = { viewer, images };
