// A contact sheet: one button per picture, which tells the page which picture to open.

export default function ({data, parentElement, setTriggerValue}) {
  const list = parentElement.querySelector(".sheet");
  const template = parentElement.querySelector("template");
  list.replaceChildren(...data.pictures.map((picture) => tile(template, picture, setTriggerValue)));
  const rows = [...list.querySelectorAll(".chips")];
  const watch = new ResizeObserver(() => rows.forEach((row, number) => fit(row, data.pictures[number].answers)));
  watch.observe(list);
  return () => watch.disconnect();
}

// Shows as many of a picture's expressions as fit in its row, and how many more there are.
function fit(row, answers) {
  const chips = answers.map(chip);
  row.replaceChildren(...chips);
  for (let hidden = 1; hidden < answers.length && row.scrollWidth > row.clientWidth; hidden++) {
    row.replaceChildren(...chips.slice(0, -hidden), chip({text: `+${hidden}`, kind: "none"}));
  }
  if (row.scrollWidth > row.clientWidth) row.firstElementChild.style.flexShrink = 1;
}

function tile(template, picture, setTriggerValue) {
  const item = template.content.firstElementChild.cloneNode(true);
  const button = item.querySelector("button");
  const image = item.querySelector("img");
  if (picture.src) image.src = picture.src;
  else image.remove();
  item.querySelector(".name").textContent = picture.name;
  const answers = picture.answers.map(({text}) => text).join(", ");
  button.title = `${picture.name}: ${answers}`;
  button.setAttribute("aria-label", `Open ${picture.name}: ${answers}`);
  button.addEventListener("click", () => setTriggerValue("opened", picture.number));
  return item;
}

function chip({text, colour, ink, kind}) {
  const element = document.createElement("span");
  element.textContent = text;
  if (kind) element.classList.add(kind);
  // Not all of the background: stripes are its image.
  if (colour) Object.assign(element.style, {backgroundColor: colour, color: ink});
  return element;
}
