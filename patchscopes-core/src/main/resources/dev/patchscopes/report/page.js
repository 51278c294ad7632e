// Makes pages answer. Leaves nothing behind outside the page's own elements, so many pages can stand in one document,
// each with this script. PageCode puts the parts together, in a function of their own.

const ROOT = '.patchscopes';

function addTheme(root) {
  const themes = ['auto', 'light', 'dark'];
  let theme = 0;
  const control = button('theme: auto', root, () => {
    theme = (theme + 1) % themes.length;
    control.textContent = 'theme: ' + themes[theme];
    if (theme) root.dataset.theme = themes[theme];
    else delete root.dataset.theme;
  });
  control.className = 'theme';
}

function addCopy(scroll) {
  const bar = make('div', 'controls');
  let say;
  button('copy table', bar, () => {
    const rows = [...scroll.querySelector('table').rows];
    copy(tsv(rows.map(row => [...row.cells].map(cell => cell.dataset.exact ?? cell.textContent))), say);
  });
  say = statusLine(bar);
  scroll.after(bar);
}

function mount(root) {
  const panel = panelOf(root);
  root.querySelectorAll('figure.heatmap').forEach(figure => new Heatmap(figure, panel));
  root.querySelectorAll('table.numbers').forEach(table => addCopy(table.parentNode));
  addTheme(root);
}

const script = document.currentScript;
const own = script && script.closest(ROOT);
(own ? [own] : document.querySelectorAll(ROOT)).forEach(root => {
  if (root.dataset.ready) return;
  root.dataset.ready = 'yes';
  mount(root);
});
