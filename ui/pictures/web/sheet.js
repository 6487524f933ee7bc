// A contact sheet: one button per picture, which tells the page which picture to open.

export default function ({data, parentElement, setTriggerValue}) {
  const list = parentElement.querySelector(".sheet");
  const template = parentElement.querySelector("template");
  list.replaceChildren(...data.pictures.map((picture) => tile(template, picture, setTriggerValue)));
}

function tile(template, picture, setTriggerValue) {
  const item = template.content.firstElementChild.cloneNode(true);
  const button = item.querySelector("button");
  const image = item.querySelector("img");
  if (picture.src) image.src = picture.src;
  else image.remove();
  item.querySelector(".chips").replaceChildren(...picture.answers.map(chip));
  item.querySelector(".name").textContent = picture.name;
  const said = picture.answers.map(({text}) => text).join(", ");
  button.title = `${picture.name}: ${said}`;
  button.setAttribute("aria-label", `Open ${picture.name}: ${said}`);
  button.addEventListener("click", () => setTriggerValue("opened", picture.number));
  return item;
}

function chip({text, colour, ink, kind}) {
  const element = document.createElement("span");
  element.textContent = text;
  if (kind) element.classList.add(kind);
  if (colour) Object.assign(element.style, {background: colour, color: ink});
  return element;
}
