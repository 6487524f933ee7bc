// Asks for the name of the event that was marked last. Without one, the event keeps its number.

export class Naming {
  // `onName(label)` is called with a name; `onDone()` when the player should take the keyboard focus back.
  constructor(form, signal, {onName, onDone}) {
    this.form = form;
    this.field = form.querySelector("input");
    Object.assign(this, {onName, onDone});
    form.addEventListener("submit", (event) => this.#end(event), {signal});
    form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || this.#end(), {signal});
    this.field.addEventListener("keydown", (event) => event.key === "Escape" && this.#end(event, false), {signal});
  }

  ask() {
    this.field.value = "";
    this.form.hidden = false;
    this.field.focus({preventScroll: true});
  }

  // `event` is given if the focus goes back to the player.
  #end(event, keep = true) {
    event?.preventDefault();
    event?.stopPropagation();
    if (this.form.hidden) return;
    this.form.hidden = true;
    const label = keep ? this.field.value.trim() : "";
    if (label) this.onName(label);
    if (event) this.onDone();
  }
}
