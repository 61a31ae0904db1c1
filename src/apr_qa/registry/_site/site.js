(() => {
  const table = document.querySelector(".models"), body = table.tBodies[0], rows = [...body.rows];
  const today = new Date().toISOString().slice(0, 10);
  for (const row of rows) {
    if (!row.dataset.expires || row.dataset.expires >= today) continue;
    row.classList.add("expired");
    row.querySelector(".until").innerHTML = "<span class=late>expired</span>";
  }
  const find = document.getElementById("find"), family = document.getElementById("family"), tier = document.getElementById("tier");
  const chips = [...document.querySelectorAll(".chips button")], count = document.querySelector(".chips output");
  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.value);
    let seen = 0;
    for (const row of rows) {
      const d = row.dataset;
      row.hidden = !(words.every((w) => d.words.includes(w)) && (!family.value || d.family === family.value)
        && (!tier.value || d.tier === tier.value) && (!wanted.length || wanted.includes(d.status)));
      seen += !row.hidden;
    }
    count.textContent = seen === 1 ? "1 model" : seen + " models";
  };
  for (const chip of chips) chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
    show();
  });
  for (const field of [find, family, tier]) field.addEventListener("input", show);
  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.key) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[head.cellIndex].dataset.sort;
      const order = (a, b) => key(a).localeCompare(key(b), "en", { numeric: true });
      body.append(...rows.sort((a, b) => (down ? order(b, a) : order(a, b))));
    });
  }
  document.querySelector(".tools").hidden = false;
  show();
})();
