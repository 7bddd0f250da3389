"""`unnoise web`, a process of its own: its start, its end, its errors."""

import json
import socket
import sys
import threading

import httpx
import pytest
from server_for_tests import picture, process_of

from unnoise.errors import InputError
from unnoise.server import create_app, serve


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that asks a process to stop")
def test_a_stop_lets_what_is_at_work_finish_and_logs_no_name(models):
    with process_of("--models", models) as (url, process):
        assert "half" in [model["name"] for model in httpx.get(f"{url}/api/models", timeout=60).json()]
        answers = []

        def ask():
            files = {"file": ("secret name.png", picture(400, 300))}
            answers.append(httpx.post(f"{url}/api/denoise?model=half&self_ensemble=8", files=files, timeout=60))

        asking = threading.Thread(target=ask)
        asking.start()
        while not httpx.get(f"{url}/api/health", timeout=60).json()["waiting"] and not answers:
            pass
        process.terminate()
        out, err = process.communicate(timeout=40)
        asking.join(40)
    assert answers[0].status_code == 200
    assert json.loads(answers[0].headers["Unnoise-Report"])["width"] == 400
    assert "secret" not in out + err
    assert "Traceback" not in err


def test_a_port_that_is_taken_and_a_folder_that_is_none_are_told(unnoise, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = unnoise("web", "--port", port, "--no-browser")
        assert (code, out) == (1, "")
        assert f"Cannot listen on 127.0.0.1, port {port}" in err
        assert "Choose another with --port." in err
        with pytest.raises(InputError, match="Cannot listen"):
            serve(create_app(), port=port)
    code, _, err = unnoise("web", "--no-browser", "--models", tmp_path / "nothing")
    assert code == 1
    assert "is not a folder" in err
