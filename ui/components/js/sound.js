// A short sound with an alert: two tones, made here, so that nothing is fetched. A browser that was not touched yet keeps
// silent; whoever wants silence switches it off, in this browser.

import { told } from "./once.js";

const KEPT = "kagaz.sounds";
const OFF = "off";
const LOUD = 0.12;
// Hertz and seconds of each tone; what is critical falls instead of rising, and comes twice.
const RISING = [[660, 0.12], [880, 0.18]];
const FALLING = [[880, 0.14], [560, 0.2], [880, 0.14], [560, 0.26]];
const TOLD = "kagaz.sounded.names";
let context = null;

const soundsOn = () => localStorage.getItem(KEPT) !== OFF;

export function turnSounds() {
  if (soundsOn()) localStorage.setItem(KEPT, OFF);
  else localStorage.removeItem(KEPT);
  if (!soundsOn()) return "Alerts are silent now.";
  chime();
  return "Alerts sound now.";
}

// One tab of all sounds for an alert: the one that is looked at, else whichever is first.
export function chimeOnce(name, critical) {
  setTimeout(() => {
    if (!told(localStorage, TOLD, name)) chime(critical);
  }, document.hidden ? 500 : 0);
}

// The tones that are played: none where they would be kept until somebody touches the page, and come too late.
export function chime(critical = false) {
  if (!soundsOn() || !window.AudioContext || !navigator.userActivation?.hasBeenActive) return [];
  context ||= new AudioContext();
  context.resume();
  const tones = critical ? FALLING : RISING;
  let at = context.currentTime + 0.02;
  for (const [hertz, seconds] of tones) {
    const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
    const volume = new GainNode(context, { gain: 0 });
    // It swells and fades: a tone that is cut off clicks.
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(LOUD, at + 0.015);
    volume.gain.linearRampToValueAtTime(0, at + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds;
  }
  return tones;
}
