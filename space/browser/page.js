/** What the page shows: an answer to a file or to the microphone, or one line that says why there is none. */

import { Listener } from "./listener.js";
import { record } from "./microphone.js";

const SHORTEST = 3; // seconds that an answer needs, as in the command
const RECORDED = 10;
const SILENCE_PEAK = 1e-4; // what lies below is silence, as in the command

const find = (id) => document.getElementById(id);
const loading = Listener.load("model.onnx");

loading.then(
  () => {
    say("Ready. The song stays on this device.");
    find("file").disabled = find("microphone").disabled = false;
  },
  (error) => say(error.message),
);

find("file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (file) await answer(file.name, () => file.arrayBuffer());
});
find("microphone").addEventListener("click", () =>
  answer("the microphone", () => {
    say(`Listening for ${RECORDED} seconds …`);
    return record(RECORDED);
  }),
);

async function answer(name, read) {
  find("answer").hidden = true;
  try {
    const bytes = await read();
    say(`Hearing ${name} …`);
    const listener = await loading;
    const waveform = await listener.decode(bytes);
    if (waveform.length < SHORTEST * listener.rate) throw new Error(`lasts less than ${SHORTEST} s`);
    if (reach(waveform) < SILENCE_PEAK) throw new Error("is silent");
    show(await listener.classify(waveform));
    say(name);
  } catch (error) {
    say(`${name} cannot be judged: ${error.message || error.name}`);
  }
}

/** How far samples reach from the middle of their range. */
function reach(waveform) {
  let [least, greatest] = [Infinity, -Infinity];
  for (const sample of waveform) {
    least = Math.min(least, sample);
    greatest = Math.max(greatest, sample);
  }
  return (greatest - least) / 2;
}

function show(answer) {
  find("label").textContent = [answer.label, ...answer.parents].join(" < ");
  find("agreement").textContent = `${Math.round(100 * answer.agreement)} % of the segments agree`;
  const byProbability = Object.entries(answer.probabilities).sort(([, one], [, other]) => other - one);
  find("probabilities").replaceChildren(
    ...byProbability.map(([label, probability]) => row(label, bar(label, probability), probability.toFixed(2))),
  );
  find("timeline").replaceChildren(
    ...answer.segments.map(({ start, end, label, probability }) =>
      row(`${clock(start)} – ${clock(end)}`, label, probability.toFixed(2)),
    ),
  );
  find("answer").hidden = false;
  find("answer").dataset.answer = JSON.stringify(answer);
}

function row(...cells) {
  const line = document.createElement("tr");
  for (const cell of cells) line.insertCell().append(cell);
  return line;
}

function bar(label, probability) {
  const meter = document.createElement("meter");
  meter.value = probability;
  meter.setAttribute("aria-label", label);
  return meter;
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function say(message) {
  find("status").textContent = message;
}
