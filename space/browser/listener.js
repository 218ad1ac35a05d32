/** A model that `tonada export` wrote, listening in the browser: an audio file's bytes in, an answer out. */

import * as ort from "./node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";
import { metadataOf } from "./metadata.js";

const UNKNOWN = "unknown"; // the answer of a model that is not sure enough, as in the command

ort.env.wasm.numThreads = 1; // more need headers that a static server does not send

export class Listener {
  /** Load the model at an address. */
  static async load(address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} is not there (${response.status}); run: make browser`);
    const file = new Uint8Array(await response.arrayBuffer());
    return new Listener(await ort.InferenceSession.create(file), metadataOf(file));
  }

  constructor(session, metadata) {
    this.session = session;
    this.rate = Number(metadata.sampling_rate);
    this.labels = JSON.parse(metadata.labels);
    this.parents = JSON.parse(metadata.parents);
    this.problem = JSON.parse(metadata.problem);
    this.temperature = JSON.parse(metadata.temperature);
    this.abstainBelow = JSON.parse(metadata.abstain_below);
    if (this.problem === "regression") throw new Error("The model answers with values; this page shows labels.");
  }

  /** Classify a file of any format that the browser plays, given as an ArrayBuffer. */
  async listen(bytes) {
    return this.classify(await this.decode(bytes));
  }

  /** One channel at the model's rate: the mean of the channels, resampled by the browser. */
  async decode(bytes) {
    const audio = await new OfflineAudioContext(1, 1, this.rate).decodeAudioData(bytes);
    const mono = new Float32Array(audio.length);
    for (let channel = 0; channel < audio.numberOfChannels; channel++) {
      audio.getChannelData(channel).forEach((sample, index) => {
        mono[index] += sample / audio.numberOfChannels;
      });
    }
    return mono;
  }

  /** Classify a Float32Array of mono samples at the model's rate. */
  async classify(waveform) {
    const heard = await this.session.run({ waveform: new ort.Tensor("float32", waveform, [waveform.length]) });
    const scores = Array.from(heard.probabilities.data);
    const highest = Math.max(...scores);
    const sure = this.abstainBelow === null || highest >= this.abstainBelow;
    const label = sure ? this.labels[scores.indexOf(highest)] : UNKNOWN;
    return {
      label,
      parents: this.ancestors(label),
      probabilities: Object.fromEntries(this.labels.map((label, index) => [label, scores[index]])),
      agreement: heard.agreement.data[0],
      segments: this.segments(heard.segment_logits.data, heard.segment_times.data),
      duration: waveform.length / this.rate,
    };
  }

  ancestors(label) {
    const above = this.parents[label];
    return above === undefined ? [] : [above, ...this.ancestors(above)];
  }

  /** When in the song: start and end in seconds, the segment's label and how probable it is. */
  segments(logits, times) {
    const width = this.labels.length;
    return Array.from({ length: times.length / 2 }, (_, index) => {
      const scaled = Array.from(logits.slice(index * width, (index + 1) * width), (z) => z / this.temperature);
      const highest = Math.max(...scaled);
      const several = this.problem === "multi_label_classification";
      const total = scaled.reduce((sum, z) => sum + Math.exp(z - highest), 0);
      return {
        start: times[2 * index],
        end: times[2 * index + 1],
        label: this.labels[scaled.indexOf(highest)],
        probability: several ? 1 / (1 + Math.exp(-highest)) : 1 / total,
      };
    });
  }
}
