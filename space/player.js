// Plays the song of a card: its cursor follows, and a click, a key or a button moves it. Listeners stand on the element
// that stays while answers come and go.
const find = (selector) => element.querySelector(selector);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
let until = Infinity; // seconds at which a moment's playing ends

function show() {
  const audio = find("audio"), timeline = find(".timeline");
  if (!audio || !timeline) return;
  const now = audio.currentTime, duration = Number(timeline.dataset.duration);
  const stretches = [...element.querySelectorAll(".stretch")];
  const here = stretches.filter((each) => Number(each.dataset.start) <= now).pop();
  stretches.forEach((each) => each.classList.toggle("current", each === here));
  find(".cursor").style.left = `${Math.min(100, (100 * now) / duration)}%`;
  find(".now").textContent = clock(now);
  find(".here").textContent = here ? here.dataset.said : "";
  const slider = find(".canvas");
  slider.setAttribute("aria-valuenow", now.toFixed(1));
  slider.setAttribute("aria-valuetext", here ? `${clock(now)}, ${here.dataset.said}` : clock(now));
  if (now >= until) { audio.pause(); until = Infinity; }
  if (!audio.paused) requestAnimationFrame(show);
}

function seek(seconds, end = Infinity) {
  const audio = find("audio");
  until = end;
  audio.currentTime = Math.max(0, Math.min(seconds, Number(find(".timeline").dataset.duration)));
  show();
}

function named() {
  const button = find(".play"), audio = find("audio");
  button.textContent = audio.paused ? button.dataset.play : button.dataset.pause;
  button.classList.toggle("playing", !audio.paused);
}

function toggle() {
  const audio = find("audio");
  until = Infinity;
  if (audio.paused) audio.play().catch(() => {}); else audio.pause();
}

element.addEventListener("click", (event) => {
  const target = event.target, audio = find("audio");
  const canvas = target.closest(".canvas"), jump = target.closest("[data-start]");
  if (canvas) {
    const box = canvas.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * Number(find(".timeline").dataset.duration));
  } else if (jump) {
    seek(Number(jump.dataset.start), Number(jump.dataset.end || Infinity));
    audio.play().catch(() => {});
  } else if (target.closest(".play")) toggle();
});

element.addEventListener("keydown", (event) => {
  if (!event.target.closest(".canvas")) return;
  const audio = find("audio"), end = Number(find(".timeline").dataset.duration);
  const moves = { ArrowRight: audio.currentTime + 5, ArrowLeft: audio.currentTime - 5, Home: 0, End: end };
  if (event.key in moves) seek(moves[event.key]);
  else if (event.key === " ") toggle();
  else return;
  event.preventDefault();
});

// Events of media do not bubble, but they are caught on their way down.
for (const name of ["play", "pause", "seeked", "timeupdate", "ended"])
  element.addEventListener(name, () => { named(); show(); }, true);
element.addEventListener("error", () => { find(".unplayable").hidden = false; }, true);
