// Makes the heat maps of a page answer: details of a cell, other measures, fewer rows, copies. Leaves nothing behind
// outside the page's own elements, so many pages can stand in one document, each with this script.
(function () {
  'use strict';

  const ROOT = '.patchscopes';
  const PRINTED_WIDTH = 880; // of a table on screen, so that in print, at three quarters, it fits an upright sheet

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

  // ---- heat maps

  class Heatmap {
    constructor(figure, panel) {
      this.data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
      this.figure = figure;
      this.panel = panel;
      this.scroll = figure.querySelector('.scroll');
      this.table = figure.querySelector('table.heat');
      this.head = this.table.tHead.rows[0];
      this.rows = [...this.table.tBodies[0].rows];
      this.width = this.data.columns.labels.length;
      this.measure = 0;
      this.every = 1;
      this.span = [0, this.width - 1];
      this.addControls();
      onWindow('beforeprint', this, heatmap => heatmap.beforePrint());
      onWindow('afterprint', this, heatmap => heatmap.afterPrint());
      if (this.rows.length && this.width) this.listen();
    }

    text(index) {
      return this.data.texts[index];
    }

    // null, or where a cell is, and it
    spot(element) {
      const cell = element && element.closest && element.closest('tbody td');
      if (!cell || !this.table.contains(cell)) return null;
      return {row: cell.parentNode.rowIndex - 1, column: cell.cellIndex - 1, cell};
    }

    at(row, column) {
      return {row, column, cell: this.rows[row].cells[column + 1]};
    }

    index(spot) {
      return spot.row * this.width + spot.column;
    }

    // ---- controls

    addControls() {
      const bar = make('div', 'controls');
      const {measures, texts, cells} = this.data;
      if (measures.length > 1) {
        choice('colours', bar, measures.map((m, i) => [i, m.label]), i => this.showMeasure(i)).dataset.choice = 'measure';
      }
      const steps = [1, 2, 3, 4, 5, 8, 10].filter(n => n === 1 || n < this.rows.length - 1);
      if (steps.length > 1) {
        const options = steps.map(n => [n, n === 1 ? 'every row' : `every ${n}${n < 4 ? ['nd', 'rd'][n - 2] : 'th'} row`]);
        choice('show', bar, options, n => this.thin(n)).dataset.choice = 'rows';
      }
      if (this.width > 24) this.addSpan(bar);
      if (cells.some(cell => raw(texts[cell[0]]) !== '')) {
        button('copy texts', bar, () => copy(this.wide(i => raw(this.text(cells[i][0]))), this.say));
      }
      button('copy numbers', bar, () => copy(this.wide(i => measures[this.measure].values[i] ?? ''), this.say));
      this.say = statusLine(bar);
      this.figure.querySelector('.key').before(bar);
    }

    addSpan(bar) {
      const label = make('label', '', this.data.columns.title + ' ', bar);
      const inputs = ['from', 'to'].map((name, end) => {
        if (end) label.append(' to ');
        const input = make('input', '', undefined, label);
        Object.assign(input, {type: 'number', min: 0, max: this.width - 1, value: this.span[end]});
        input.setAttribute('aria-label', `${this.data.columns.title} ${name}, 0 to ${this.width - 1}`);
        input.dataset.choice = name;
        return input;
      });
      const apply = () => {
        const [from, to] = inputs.map((input, end) =>
          input.value === '' ? (end ? this.width - 1 : 0) : Math.max(0, Math.min(this.width - 1, Math.trunc(input.value))));
        this.span = [Math.min(from, to), Math.max(from, to)];
        this.hide();
      };
      inputs.forEach(input => input.addEventListener('change', apply));
    }

    showMeasure(index) {
      this.measure = index;
      const {ramp, reversed, steps, values, ends, label} = this.data.measures[index];
      this.rows.forEach((row, r) => {
        for (let c = 0; c < this.width; c++) {
          const cell = row.cells[c + 1];
          const i = r * this.width + c;
          const marked = cell.classList.contains('marked');
          cell.className = (steps[i] === '.' ? 'no' : ramp + parseInt(steps[i], 36)) + (marked ? ' marked' : '');
          if (this.data.cells[i][0] === 0) cell.textContent = show(values[i]);
        }
      });
      const key = this.figure.querySelector('.key');
      key.setAttribute('aria-label', `colours: ${label} from ${ends[0]} to ${ends[2]}`);
      key.querySelector('b').textContent = label;
      const colors = [...key.querySelectorAll('.ramp i')];
      colors.forEach((color, i) => (color.className = ramp + (reversed ? colors.length - 1 - i : i)));
      key.querySelectorAll('.ends span').forEach((end, i) => (end.textContent = ends[i]));
    }

    thin(every) {
      this.every = every;
      this.hide();
    }

    hide() {
      this.rows.forEach((row, r) => (row.hidden = !this.hasRow(r)));
      [this.head, ...this.rows].forEach(row => {
        for (let c = 0; c < this.width; c++) {
          const hidden = !this.hasColumn(c);
          if (row.cells[c + 1].hidden !== hidden) row.cells[c + 1].hidden = hidden;
        }
      });
      if (this.rows.length) this.rove(this.at(0, this.span[0]));
    }

    hasRow(row) {
      return row % this.every === 0 || row === this.rows.length - 1;
    }

    hasColumn(column) {
      return column >= this.span[0] && column <= this.span[1];
    }

    // ---- pointing and walking

    listen() {
      this.table.setAttribute('role', 'grid');
      this.scroll.removeAttribute('tabindex'); // its cells have the focus
      this.rove(this.at(0, 0));
      const body = this.table.tBodies[0];
      body.addEventListener('pointerover', event => this.hover(this.spot(event.target)));
      body.addEventListener('pointerleave', () => this.hover(null));
      body.addEventListener('click', event => {
        const spot = this.spot(event.target);
        if (spot) this.go(spot);
      });
      body.addEventListener('focusin', event => {
        this.focused = this.spot(event.target);
        if (this.focused) this.rove(this.focused);
        this.update();
      });
      body.addEventListener('focusout', () => {
        this.focused = null;
        this.update();
      });
      body.addEventListener('keydown', event => this.key(event));
      // a cell that is only pointed at has no focus, so its keys come to the document
      this.pointedKey = event => {
        if (!this.table.isConnected) document.removeEventListener('keydown', this.pointedKey, true);
        else if (!this.focused && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !event.target.isContentEditable) this.command(event);
      };
      onWindow('scroll', this, heatmap => heatmap.shown && heatmap.update());
    }

    rove(spot) {
      if (this.roving) this.roving.tabIndex = -1;
      this.roving = spot.cell;
      this.roving.tabIndex = 0;
    }

    go(spot) {
      spot.cell.tabIndex = -1; // can be focused at all
      const first = this.rows[0].cells[0];
      this.scroll.style.scrollPadding = `${this.head.offsetHeight}px 8px 8px ${first.offsetWidth}px`;
      spot.cell.focus();
    }

    hover(spot) {
      this.hovered = spot;
      document.removeEventListener('keydown', this.pointedKey, true);
      if (spot) document.addEventListener('keydown', this.pointedKey, true);
      this.update();
    }

    key(event) {
      if (this.command(event) || event.altKey || event.metaKey || !this.focused) return;
      const {row, column} = this.focused;
      const rows = this.rows.map((_, r) => r).filter(r => this.hasRow(r));
      const columns = [...Array(this.width).keys()].filter(c => this.hasColumn(c));
      const r = rows.indexOf(row), c = columns.indexOf(column);
      const last = rows.length - 1, end = columns.length - 1;
      const to = {
        ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
        PageUp: [r - 10, c], PageDown: [r + 10, c],
        Home: [event.ctrlKey ? 0 : r, 0], End: [event.ctrlKey ? last : r, end],
      }[event.key];
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      this.hovered = null; // the keys lead now, wherever the pointer rests
      this.go(this.at(rows[Math.max(0, Math.min(last, to[0]))], columns[Math.max(0, Math.min(end, to[1]))]));
    }

    // copies and closes; whether it was one of these
    command(event) {
      const spot = this.hovered || this.focused;
      if (!spot || event.altKey || event.shiftKey) return false;
      const selected = String(getSelection()) !== '';
      if (event.key === 'Escape' && this.panel.isOpen()) {
        this.clear();
      } else if (event.key.toLowerCase() === 'c' && !((event.ctrlKey || event.metaKey) && selected)) {
        copy(this.cellText(spot), this.say);
      } else {
        return false;
      }
      event.preventDefault();
      event.stopPropagation();
      return true;
    }

    clear() {
      this.panel.close();
      if (this.shown) {
        [this.shown.cell, this.shown.heading, this.shown.label].forEach(element => element.classList.remove('at'));
        this.shown.cell.removeAttribute('aria-describedby');
        this.shown = null;
      }
    }

    update() {
      const spot = this.hovered || this.focused;
      this.clear();
      if (!spot) return;
      const label = this.rows[spot.row].cells[0], heading = this.head.cells[spot.column + 1];
      const place = spot.cell.getBoundingClientRect(), view = this.scroll.getBoundingClientRect();
      if (place.bottom < view.top || place.top > view.bottom || place.right < view.left || place.left > view.right) return;
      this.shown = {cell: spot.cell, heading, label};
      [spot.cell, heading, label].forEach(element => element.classList.add('at'));
      this.panel.open(spot.cell, this.details(spot));
      spot.cell.setAttribute('aria-describedby', this.panel.id);
    }

    // ---- what a cell holds, to read and to copy

    ranking(cell) {
      const items = [];
      for (let i = 2; i < cell.length; i += 2) items.push({text: this.text(cell[i]), value: cell[i + 1]});
      return items;
    }

    details(spot) {
      const i = this.index(spot);
      const cell = this.data.cells[i];
      const parts = [];
      const where = make('p', 'where');
      [['rows', spot.row], ['columns', spot.column]].forEach(([name, index], second) => {
        const axis = this.data[name];
        if (second) where.append(' · ');
        where.append(axis.title + ' ');
        make('b', '', visible(this.text(axis.labels[index])), where);
        if (!axis.numbered) where.append(` (${index})`);
      });
      parts.push(where);
      if (cell[0] !== 0) parts.push(make('p', 'token', visible(this.text(cell[0]))));
      const numbers = make('table', 'measured');
      this.data.measures.forEach(({name, unit, values}) => {
        if (values[i] === null) return;
        const row = numbers.insertRow();
        make('th', '', name, row).scope = 'row';
        make('td', 'n', show(values[i]), row);
        make('td', '', unit, row);
      });
      parts.push(numbers.rows.length ? numbers : make('p', '', 'nothing measured'));
      if (cell.length > 1 && cell[1] !== 0) parts.push(make('p', 'note', raw(this.text(cell[1]))));
      const ranking = this.ranking(cell);
      if (ranking.length) {
        const table = make('table', 'ranking');
        ranking.forEach(({text, value}) => {
          const row = table.insertRow();
          make('td', 'token', visible(text), row);
          make('td', 'n', show(value), row);
          const bar = make('i', '', undefined, make('td', 'bar', undefined, row));
          bar.style.width = 100 * Math.max(0, Math.min(1, value)) + '%';
        });
        parts.push(table);
      }
      return parts;
    }

    cellText(spot) {
      const i = this.index(spot);
      const {rows, columns, measures, cells} = this.data;
      const lines = [
        [rows.title, raw(this.text(rows.labels[spot.row]))],
        [columns.title, raw(this.text(columns.labels[spot.column]))],
      ];
      if (cells[i][0] !== 0) lines.push(['text', raw(this.text(cells[i][0]))]);
      measures.forEach(({label, values}) => values[i] === null || lines.push([label, values[i]]));
      if (cells[i].length > 1 && cells[i][1] !== 0) lines.push(['note', raw(this.text(cells[i][1]))]);
      this.ranking(cells[i]).forEach(({text, value}, rank) => lines.push([rank + 1, raw(text), value ?? '']));
      return tsv(lines);
    }

    wide(content) {
      const {rows, columns} = this.data;
      const labels = axis => axis.labels.map(index => raw(this.text(index)));
      const body = labels(rows).map((label, r) =>
        [label, ...columns.labels.map((_, c) => content(r * this.width + c))]);
      return tsv([[rows.title, ...labels(columns)], ...body]);
    }

    // ---- print: what is too wide for a sheet, in bands below each other

    beforePrint() {
      this.clear();
      const widths = [...this.head.cells].map(cell => cell.offsetWidth);
      if (widths.reduce((a, b) => a + b, 0) <= PRINTED_WIDTH) return;
      const bands = [];
      let room = 0;
      widths.forEach((width, i) => {
        if (i === 0 || width === 0) return; // the labels; hidden
        if (width > room) {
          bands.push([]);
          room = PRINTED_WIDTH - widths[0];
        }
        bands[bands.length - 1].push(i);
        room -= width;
      });
      this.bands = make('div', 'bands');
      bands.forEach(band => this.bands.append(this.band(band)));
      this.scroll.classList.add('banded');
      this.scroll.after(this.bands);
    }

    band(columns) {
      const table = this.table.cloneNode(false);
      const part = row => {
        const copied = row.cloneNode(false);
        [0, ...columns].forEach(i => copied.append(row.cells[i].cloneNode(true)));
        return copied;
      };
      make('thead', '', undefined, table).append(part(this.head));
      make('tbody', '', undefined, table).append(...this.rows.map(part));
      return table;
    }

    afterPrint() {
      if (!this.bands) return;
      this.bands.remove();
      this.bands = null;
      this.scroll.classList.remove('banded');
    }
  }

  // ---- a page

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
    const say = {};
    button('copy table', bar, () => {
      const rows = [...scroll.querySelector('table').rows];
      copy(tsv(rows.map(row => [...row.cells].map(cell => cell.dataset.exact ?? cell.textContent))), say.it);
    });
    say.it = statusLine(bar);
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
})();
