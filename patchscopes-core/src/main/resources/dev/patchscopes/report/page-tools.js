// What the script of pages is made of.

function make(tag, className, text, parent) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

// ---- numbers and texts, shown as everywhere in the library

// rounds halves up, in decimal digits
function fixed(size, digits) {
  return Number(Math.round(Number(size + 'e' + digits)) + 'e-' + digits).toFixed(digits);
}

function scientific(size) {
  let [digits, exponent] = size.toExponential().split('e').map(Number);
  digits = fixed(digits, 1);
  if (digits === '10.0') {
    digits = '1.0';
    exponent++;
  }
  return digits + 'e' + (exponent < 0 ? '-' : '+') + String(Math.abs(exponent)).padStart(2, '0');
}

function show(value) {
  if (value === null) return '';
  const size = Math.abs(value);
  const sign = value < 0 ? '-' : '';
  if (size === Infinity) return sign + '∞';
  if (Number.isInteger(value) && size < 1e6) return String(value);
  if (size >= 1e6 || size < 5e-4) return sign + scientific(size);
  return sign + fixed(size, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3);
}

const raw = text => (Array.isArray(text) ? text[0] : text);

const visible = text =>
  Array.isArray(text) ? text[1] : text.replace(/^ +| +$/g, spaces => '·'.repeat(spaces.length));

// a field of tab-separated values, as spreadsheets read it
const field = text => (/[\t\n\r"]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);

const tsv = rows => rows.map(row => row.map(text => field(String(text))).join('\t') + '\n').join('');

// ---- copying; the old way works where a page may not use the clipboard

function copy(text, done) {
  const byHand = () => {
    const focused = document.activeElement;
    const area = make('textarea', '', undefined, document.body);
    area.value = text;
    area.style.cssText = 'position:fixed;top:0;opacity:0';
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    if (focused && focused.focus) focused.focus({preventScroll: true});
    done(copied ? 'copied' : 'cannot copy');
  };
  if (navigator.clipboard && window.isSecureContext) {
    navigator.clipboard.writeText(text).then(() => done('copied'), byHand);
  } else {
    byHand();
  }
}

function statusLine(parent) {
  const line = make('span', '', '', parent);
  line.setAttribute('role', 'status');
  line.setAttribute('aria-live', 'polite');
  let timer;
  return text => {
    line.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => (line.textContent = ''), 2500);
  };
}

function button(label, parent, action) {
  const element = make('button', '', label, parent);
  element.type = 'button';
  element.addEventListener('click', action);
  return element;
}

function choice(label, parent, options, action) {
  const select = make('select', '', undefined, make('label', '', label + ' ', parent));
  options.forEach(([value, text]) => (make('option', '', text, select).value = value));
  select.addEventListener('change', () => action(Number(select.value)));
  return select;
}

// listens as long as the heat map is there: a notebook throws away what it shows, never the window
function onWindow(type, heatmap, action) {
  const weak = new WeakRef(heatmap);
  const listener = () => {
    const alive = weak.deref();
    if (alive) action(alive);
    else window.removeEventListener(type, listener, true);
  };
  window.addEventListener(type, listener, {capture: true, passive: true});
}

// ---- the panel that shows what a cell holds, one for all heat maps of a page

function panelOf(root) {
  const panel = make('div', 'details', undefined, root);
  panel.id = 'ps-' + Math.random().toString(36).slice(2);
  panel.setAttribute('role', 'tooltip');
  panel.hidden = true;
  // above everything, whatever the document around does to its elements
  if (panel.showPopover) panel.popover = 'manual';
  return {
    id: panel.id,
    open(cell, content) {
      panel.replaceChildren(...content);
      panel.hidden = false;
      if (panel.showPopover && panel.isConnected && !panel.matches(':popover-open')) panel.showPopover();
      place(panel, cell.getBoundingClientRect());
    },
    close() {
      if (panel.hidden) return;
      if (panel.showPopover && panel.matches(':popover-open')) panel.hidePopover();
      panel.hidden = true;
    },
    isOpen: () => !panel.hidden,
  };
}

// beside the cell, so that its column stays in sight; else below or above it
function place(panel, cell) {
  const gap = 10, edge = 8;
  const {offsetWidth: width, offsetHeight: height} = panel;
  const {clientWidth, clientHeight} = document.documentElement;
  let left, top;
  if (cell.right + gap + width + edge <= clientWidth || cell.left - gap - width >= edge) {
    const right = cell.right + gap + width + edge <= clientWidth;
    left = right ? cell.right + gap : cell.left - gap - width;
    top = cell.top;
  } else {
    left = cell.left;
    top = cell.bottom + gap + height + edge <= clientHeight ? cell.bottom + gap : cell.top - gap - height;
  }
  panel.style.left = Math.max(edge, Math.min(left, clientWidth - width - edge)) + 'px';
  panel.style.top = Math.max(edge, Math.min(top, clientHeight - height - edge)) + 'px';
}
