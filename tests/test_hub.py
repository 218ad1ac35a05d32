"""What is pushed arrives whole and works by its id: the real client's code, over HTTP, against a Hub on loopback."""

import json
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, last_json, run_python
from loopback_hub import READER, WRITER
from test_push import BESIDE, trained_folder

pytestmark = pytest.mark.slow
HEARD = "import numpy as np\nwaveform = np.sin(np.arange(22050 * 12) / 9).astype(np.float32)\n"

PUSH = """
import json, os
from pathlib import Path
from huggingface_hub import HfApi
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification
from typer.testing import CliRunner
from tonada_cli import app

report = {}

def tonada(name, *arguments, token="WRITER"):
    os.environ["HF_TOKEN"] = token
    done = CliRunner().invoke(app, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), (name, done.exception)
    report[name] = [done.exit_code, done.stdout, done.stderr]

def edit(words):
    with open("model/README.md", "a") as card:
        card.write(words)

tonada("dry run", "push", "model", "me/dry", "--dry-run", "--private")
tonada("first", "push", "model", "me/tiny")
edit("Second edition.")
tonada("second", "push", "model", "me/tiny")
edit("Trial edition.")
tonada("branch", "push", "model", "me/tiny", "--revision", "trial")
tonada("private", "push", "model", "me/secret", "--private")
tonada("public", "push", "model", "me/tiny", "--private")
tonada("before", "push", "model", "me/stale")
for name, words in {"predictions/tiny.csv": "by somebody else", "notes.txt": "somebody's"}.items():
    HfApi(token="WRITER").upload_file(path_or_fileobj=words.encode(), path_in_repo=name, repo_id="me/stale")
for name in ("recipe.yaml", "split.json", "predictions/tiny.csv"):
    os.rename(f"model/{name}", name.replace("/", "-"))
tonada("after", "push", "model", "me/stale")
for name in ("recipe.yaml", "split.json", "predictions/tiny.csv"):
    os.rename(name.replace("/", "-"), f"model/{name}")
tonada("bad token", "push", "model", "me/tiny", token="hf_nobody")
tonada("not theirs", "push", "model", "me/tiny", token="READER")
tonada("busy", "push", "model", "me/busy")
tonada("broken", "push", "model", "me/broken")
tonada("no storage", "push", "model", "me/no-storage")
tonada("cut", "push", "model", "me/cut")
tonada("cut, again", "push", "model", "me/cut")
tonada("data", "data", "build", "emotify", "SAMPLES", "--output", "parquet", "--push", "me/songs")
tonada("inspect", "inspect", "me/tiny")
tonada("space", "push", "model", "me/shown", "--space", "me/page")
AutoFeatureExtractor.from_pretrained("model").push_to_hub("me/parts", token="WRITER")
AutoModelForAudioClassification.from_pretrained("model").push_to_hub("me/parts", token="WRITER")
print(json.dumps(report))
"""

USE = """
import json
import sys
from datasets import load_dataset
from huggingface_hub import HfApi, snapshot_download
from transformers import AutoFeatureExtractor, AutoModel, AutoModelForAudioClassification, pipeline

report, trust = {}, {"trust_remote_code": True}

def scores(revision, model="me/tiny"):
    return pipeline("audio-classification", model=model, revision=revision, **trust)(waveform)

def refusal(function):
    try:
        function()
    except Exception as error:
        return str(error)

hub = HfApi()
report["whoami"] = hub.whoami(token="WRITER")["name"]
report["main"] = hub.model_info("me/tiny").sha
report["branches"] = {each.name: each.target_commit for each in hub.list_repo_refs("me/tiny").branches}
report["songs"] = hub.dataset_info("me/songs").sha
report["scores"] = scores(None)
report["pinned scores"] = scores("FIRST")
report["scores of parts"] = scores(None, "me/parts")
extractor = AutoFeatureExtractor.from_pretrained("me/tiny", **trust)
heard = extractor(waveform, sampling_rate=22050, return_tensors="pt")
model = AutoModelForAudioClassification.from_pretrained("me/tiny", **trust).eval()
report["model"] = dict(zip(model.config.id2label.values(), model(**heard).logits.exp()[0].tolist()))
report["embedding"] = list(AutoModel.from_pretrained("me/tiny", **trust).eval()(**heard).embedding.shape)
report["snapshot"] = snapshot_download("me/tiny")
report["pinned"] = snapshot_download("me/tiny", revision="FIRST")
report["page"] = snapshot_download("me/page", repo_type="space")
sys.path.insert(0, report["page"])
from judging import Judge
report["judged"] = Judge("me/tiny").hear(waveform).probabilities
report["missing"] = refusal(lambda: AutoModel.from_pretrained("me/nothing", **trust))
report["private"] = refusal(lambda: AutoModel.from_pretrained("me/secret", **trust))
report["no revision"] = refusal(lambda: AutoModel.from_pretrained("me/tiny", revision="none", **trust))
report["by its owner"] = type(AutoModel.from_pretrained("me/secret", token="WRITER", **trust)).__name__
songs = load_dataset("me/songs", split="train")
report["rows"] = [songs.num_rows, songs.features["label"].names]
report["streamed"] = next(iter(load_dataset("me/songs", split="train", streaming=True).decode(False)))["song_id"]
print(json.dumps(report))
"""

OFFLINE = """
import json
from transformers import pipeline
from huggingface_hub import snapshot_download
pipe = pipeline("audio-classification", model="me/tiny", trust_remote_code=True)
print(json.dumps({"scores": pipe(waveform), "snapshot": snapshot_download("me/tiny")}))
"""


def filled(code: str, **words: str) -> str:
    words = {"WRITER": WRITER, "READER": READER, "SAMPLES": str(ROOT / "tests" / "data" / "emotify"), **words}
    for word, meaning in words.items():
        code = code.replace(f'"{word}"', json.dumps(meaning))
    return code


@pytest.fixture(scope="module")
def trained(model, extractor, tmp_path_factory) -> Path:
    return trained_folder(model, extractor, tmp_path_factory.mktemp("hub") / "model")


@pytest.fixture(scope="module")
def pushed(hub, trained, hub_home) -> dict[str, list]:
    """The exit code, output and messages of many pushes by one process, some of which the Hub makes hard."""
    hub.fail("POST /api/models/me/busy/preupload/", 503, times=1)
    hub.fail("POST /api/models/me/broken/commit/", 500, times=9)
    hub.fail("PUT /objects/model/me/no-storage/", 403, times=9)
    hub.fail("PUT /objects/model/me/cut/", 0, times=1)
    hub.fail("POST /api/models/me/cut/commit/", 0, times=1)
    # The library's own remarks on what it tries again would go to the closed stream of an earlier command.
    return last_json(
        run_python(filled(PUSH), trained.parent, without_tonada=False, HF_HUB_VERBOSITY="error", **hub_home)
    )


@pytest.fixture(scope="module")
def used(hub, pushed, hub_home, tmp_path_factory) -> dict:
    """What a stranger without Tonada and without a token gets by id."""
    folder = tmp_path_factory.mktemp("stranger")
    return last_json(run_python(HEARD + filled(USE, FIRST=commit_of(pushed["first"])), folder, **hub_home))


def commit_of(pushed: list) -> str:
    return pushed[1].split("/commit/")[1].strip()


def test_everything_a_stranger_needs_goes_in_one_commit_and_nothing_else(hub, pushed):
    assert pushed["first"][0] == 0, pushed["first"]
    repository = hub.repositories["model", "me/tiny"]
    sent = set(repository.files(commit_of(pushed["first"]))) - {".gitattributes"}
    assert {"model.safetensors", "config.json", "preprocessor_config.json", "modeling_tonada.py", *BESIDE} <= sent
    assert {each for each in sent if not each.endswith("_tonada.py")} == {
        "model.safetensors",
        "config.json",
        "preprocessor_config.json",
        "README.md",
        "pushed.json",
        *BESIDE,
    }
    assert len(repository.commits) == 1 + 3  # what the Hub begins with, and three editions


def test_the_card_has_the_repositorys_name_and_the_results(hub, pushed):
    card = hub.repositories["model", "me/tiny"].files("main")["README.md"].decode()
    assert "model='me/tiny'" in card
    head = yaml.safe_load(card.split("---\n")[1])
    assert head == {"tags": ["music"], "model-index": [{"name": "me/tiny", "results": [{"metrics": []}]}]}
    assert "\n## Citation\n" in card
    assert "\n## En español\n" in card


def test_a_dry_run_prints_what_is_sent_and_sends_nothing(hub, pushed):
    code, out, _ = pushed["dry run"]
    lines = out.splitlines()
    assert (code, lines[-1]) == (0, "would go to the Hub's model me/dry, branch main, private if it is new")
    sent = hub.repositories["model", "me/tiny"].files(commit_of(pushed["first"]))
    told = {line.split("  ")[-1]: int(line.split()[0].replace(",", "")) for line in lines[:-1]}
    assert set(told) == set(sent) - {".gitattributes"}
    assert all(told[name] == len(sent[name]) for name in told if name != "README.md")
    assert ("model", "me/dry") not in hub.repositories


def test_large_files_go_as_lfs_and_small_ones_do_not(hub, pushed):
    _, files = hub.repositories["model", "me/tiny"].at("main")
    assert {path for path, blob in files.items() if blob.lfs} == {"model.safetensors"}


def test_a_branch_is_made_and_main_stays(hub, pushed):
    assert pushed["branch"][0] == 0, pushed["branch"]
    repository = hub.repositories["model", "me/tiny"]
    assert set(repository.branches) == {"main", "trial"}
    assert repository.branches["main"] == commit_of(pushed["second"])
    assert b"Trial edition." in repository.files("trial")["README.md"]


def test_only_what_changed_is_sent_again(hub, pushed):
    assert hub.asked("PUT /objects/model/me/tiny/") == 1


def test_what_is_pushed_as_private_is_seen_by_its_owner_alone(hub, used):
    assert hub.repositories["model", "me/secret"].private
    assert "not a valid model identifier" in used["private"]
    assert used["by its owner"] == "TonadaModel"


@pytest.mark.parametrize(
    ("push", "says"),
    [
        ("bad token", "me/tiny: the Hub does not know you; log in with `hf auth login`, or set HF_TOKEN"),
        ("not theirs", "me/tiny: the Hub knows you, but you may not write there"),
        ("broken", "me/broken: the Hub itself fails (status 500); push again later"),
        ("no storage", "me/no-storage: the Hub knows you, but you may not write there"),
        ("cut", "me/cut: the Hub cannot be reached"),
        ("public", "me/tiny: is there already and public; make it private"),
    ],
)
def test_a_push_that_does_not_arrive_says_why_in_one_line(pushed, push, says):
    code, _, err = pushed[push]
    assert code == 1
    assert len(err.splitlines()) == 1
    assert err.startswith(f"tonada: {says}")


def test_a_hub_that_is_busy_is_asked_again(hub, pushed):
    assert pushed["busy"][0] == 0
    assert hub.asked("POST /api/models/me/busy/preupload/") == 2


def test_after_an_interrupted_upload_the_same_command_makes_the_repository_whole(hub, pushed):
    assert pushed["cut, again"][0] == 0, pushed["cut, again"]
    whole, cut = (hub.repositories["model", name] for name in ("me/tiny", "me/cut"))
    assert set(cut.files("main")) == set(whole.files("main"))
    assert cut.files("main")["model.safetensors"] == whole.files("main")["model.safetensors"]
    assert hub.asked("PUT /objects/model/me/cut/") == 2  # cut once, sent once, and not again by the second command


def test_the_pushed_id_works_by_pipeline_and_auto_classes_without_tonada(used):
    probabilities = {each["label"]: each["score"] for each in used["scores"]}
    assert probabilities == pytest.approx(used["model"], abs=1e-5)
    assert used["embedding"][0] == 1


def test_a_pinned_revision_is_that_revision(pushed, used):
    assert used["main"] == commit_of(pushed["second"])
    assert used["branches"]["trial"] == commit_of(pushed["branch"])
    assert Path(used["pinned"]).name == commit_of(pushed["first"])
    assert "Second edition." not in (Path(used["pinned"]) / "README.md").read_text()
    assert used["pinned scores"] == used["scores"]


def test_a_snapshot_is_every_file_as_it_was_pushed(hub, used):
    snapshot = Path(used["snapshot"])
    got = {path.relative_to(snapshot).as_posix(): path.read_bytes() for path in snapshot.rglob("*") if path.is_file()}
    assert got == hub.repositories["model", "me/tiny"].files("main")


def test_what_is_not_there_is_said_to_be_missing(used):
    assert "me/nothing is not a local folder and is not a valid model identifier" in used["missing"]
    assert "none is not a valid git identifier" in used["no revision"]
    assert used["whoami"] == "me"


def test_a_data_set_is_loaded_and_streamed_by_its_id(hub, pushed, used):
    assert pushed["data"][0] == 0, pushed["data"]
    assert used["songs"] == commit_of(pushed["data"])
    assert used["rows"] == [8, ["classical", "electronic", "pop", "rock"]]
    assert used["streamed"]
    assert hub.asked(r"GET /objects/dataset/me/songs/\w+ bytes=") > 0


def test_a_space_makes_the_round_trip_knows_its_model_and_answers_by_its_id(hub, pushed, used):
    code, out, err = pushed["space"]
    assert code == 0, err
    assert out.splitlines()[-1].startswith(f"{hub.address}/spaces/me/page/commit/")
    page, ours = Path(used["page"]), [path for path in (ROOT / "space").iterdir() if path.is_file()]
    added = {"examples", "pushed.json", ".gitattributes"}  # the last by the Hub
    assert {path.name for path in page.iterdir()} == {path.name for path in ours} | added
    assert all((page / path.name).read_bytes() == path.read_bytes() for path in ours if path.name != "README.md")
    assert yaml.safe_load((page / "README.md").read_text().split("---\n")[1])["models"] == ["me/shown"]
    assert used["judged"] == pytest.approx(used["model"], abs=1e-5)
    assert hub.repositories["space", "me/page"].variables == {
        "TONADA_MODEL": {"key": "TONADA_MODEL", "value": "me/shown"}
    }


def test_what_an_earlier_push_left_goes_in_the_same_commit_and_what_others_put_there_stays(hub, pushed):
    code, out, err = pushed["after"]
    assert code == 0, err
    assert [line.split()[-1] for line in out.splitlines() if "deleted" in line] == ["recipe.yaml", "split.json"]
    repository = hub.repositories["model", "me/stale"]
    before, after = set(repository.files(commit_of(pushed["before"]))), repository.files("main")
    assert before - set(after) == {"recipe.yaml", "split.json"}
    assert (after["predictions/tiny.csv"], after["notes.txt"]) == (b"by somebody else", b"somebody's")
    assert len(repository.commits) == 1 + 4  # what the Hub begins with, two pushes, and two files by somebody else


def test_model_and_extractor_push_themselves_too(used):
    assert used["scores of parts"] == used["scores"]


def test_tonada_inspects_the_pushed_id(pushed):
    code, out, err = pushed["inspect"]
    assert code == 0, err
    assert "model      me/tiny\n" in out


def test_what_was_used_once_works_offline(used, hub_home, tmp_path):
    gone = {**hub_home, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    offline = last_json(run_python(HEARD + OFFLINE, tmp_path, **gone))
    assert offline == {"scores": used["scores"], "snapshot": used["snapshot"]}


def test_nothing_was_asked_that_the_loopback_hub_does_not_know(hub, pushed, used):
    assert hub.unknown == []
