// Times as text, and the ticks of a time axis.

const TICKS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const TICK_PX = 90;
const LETTER_PX = 7;

export function axisTicks(duration_s, width) {
  const wanted_s = (duration_s * TICK_PX) / width;
  const step_s = TICKS_S.find((step) => step >= wanted_s) ?? TICKS_S.at(-1);
  const count = Math.floor(duration_s / step_s) + 1;
  return Array.from({length: count}, (_, index) => {
    const tick = document.createElement("span");
    const share = (index * step_s) / duration_s;
    const text = clockText(index * step_s, step_s < 1 ? 1 : 0);
    // A time without room at the end would be cut.
    if (share * width + LETTER_PX * (text.length + 1) <= width) tick.textContent = text;
    tick.style.left = `${100 * share}%`;
    return tick;
  });
}

// Seconds as 1:02:03.456.
export function clockText(time_s, digits) {
  const unit = 10 ** digits;
  const whole = Math.floor(Math.round(time_s * unit) / unit);
  const part = Math.round(time_s * unit) - whole * unit;
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  const rest = digits ? `.${String(part).padStart(digits, "0")}` : "";
  return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(seconds)}${rest}`;
}
