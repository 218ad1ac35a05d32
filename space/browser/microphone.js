/** Some seconds of the microphone, as the bytes of a recording. */

/** Record for some seconds, without what telephones do to speech. */
export async function record(seconds) {
  const asItSounds = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: asItSounds });
  try {
    const recorder = new MediaRecorder(stream);
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.onstart = () => setTimeout(() => recorder.stop(), seconds * 1000); // a busy machine begins late
    recorder.start();
    await stopped;
    return await new Blob(parts).arrayBuffer();
  } finally {
    stream.getTracks().forEach((track) => track.stop());
  }
}
