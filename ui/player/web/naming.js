// Asks for the name of the event that was marked last. Without one, the event keeps its number.

export class Naming {
  // `named(label)` is called with a name; `done()` when the keys belong to the player again.
  constructor(form, signal, {named, done}) {
    this.form = form;
    this.field = form.querySelector("input");
    Object.assign(this, {named, done});
    form.addEventListener("submit", (event) => this.#end(event), {signal});
    form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || this.#end(), {signal});
    this.field.addEventListener("keydown", (event) => event.key === "Escape" && this.#end(event, false), {signal});
  }

  ask() {
    this.field.value = "";
    this.form.hidden = false;
    this.field.focus({preventScroll: true});
  }

  // `event` is given if the keys go back to the player.
  #end(event, keep = true) {
    event?.preventDefault();
    event?.stopPropagation();
    if (this.form.hidden) return;
    this.form.hidden = true;
    const label = keep ? this.field.value.trim() : "";
    if (label) this.named(label);
    if (event) this.done();
  }
}
