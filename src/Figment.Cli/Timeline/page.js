// Looking closer and telling what is under the pointer. The picture is whole without it.
(() => {
  'use strict';
  const svg = document.querySelector('svg.timeline');
  const left = Number(svg.dataset.left), width = Number(svg.dataset.width);
  const from = Number(svg.dataset.from), to = Number(svg.dataset.to), offset = Number(svg.dataset.offset);
  const bars = [...svg.querySelectorAll('.bars rect')].map(element => [element, Number(element.getAttribute('x')), Number(element.getAttribute('width'))]);
  const marks = [...svg.querySelectorAll('[data-x]')].map(element => [element, Number(element.dataset.x), element.dataset.y ?? '0']);
  const axis = svg.querySelector('.axis');
  const line = axis.querySelector('line');
  const high = line ? [line.getAttribute('y1'), line.getAttribute('y2')] : ['78', svg.getAttribute('height')];
  const tip = document.getElementById('tip');
  const shown = document.getElementById('shown');
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5, 864e5];
  let begin = from, end = to;

  const clock = (ms, length) => new Date(ms + offset).toISOString().slice(11, 11 + length);

  function draw() {
    const scale = (to - from) / (end - begin);
    const shift = width * (begin - from) / (end - begin);
    const place = x => left + (x - left) * scale - shift;
    for (const [element, x, wide] of bars) {
      element.setAttribute('x', place(x).toFixed(2));
      element.setAttribute('width', Math.max(wide * scale, 0.05).toFixed(2));
    }
    for (const [element, x, y] of marks) {
      element.setAttribute('transform', `translate(${place(x).toFixed(2)} ${y})`);
    }
    drawAxis();
    shown.textContent = `${clock(begin, 12)} to ${clock(end, 12)}`;
  }

  function drawAxis() {
    const step = steps.find(ms => (end - begin) / ms <= 10) ?? 864e5;
    const length = step < 1e3 ? 12 : step < 6e4 ? 8 : 5;
    axis.replaceChildren();
    for (let local = Math.ceil((begin + offset) / step) * step; local - offset <= end; local += step) {
      const x = left + width * (local - offset - begin) / (end - begin);
      const tick = document.createElementNS(svg.namespaceURI, 'line');
      for (const [name, value] of [['x1', x], ['x2', x], ['y1', high[0]], ['y2', high[1]]]) { tick.setAttribute(name, value); }
      const text = document.createElementNS(svg.namespaceURI, 'text');
      text.setAttribute('x', x + 3);
      text.setAttribute('y', Number(high[0]) - 4);
      text.textContent = clock(local - offset, length);
      axis.append(tick, text);
    }
  }

  function show(newBegin, newEnd) {
    const span = Math.min(Math.max(newEnd - newBegin, 1), to - from);
    begin = Math.min(Math.max(newBegin, from), to - span);
    end = begin + span;
    draw();
    history.replaceState(null, '', begin === from && end === to ? '#' : `#${Math.round(begin)}-${Math.round(end)}`);
  }

  function zoom(factor, at) {
    show(at - (at - begin) * factor, at + (end - at) * factor);
  }

  const middle = () => (begin + end) / 2;
  const timeAt = event => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    return begin + (end - begin) * Math.min(Math.max((x - left) / width, 0), 1);
  };

  document.getElementById('closer').onclick = () => zoom(0.5, middle());
  document.getElementById('wider').onclick = () => zoom(2, middle());
  document.getElementById('whole').onclick = () => show(from, to);
  svg.addEventListener('dblclick', event => zoom(event.shiftKey ? 2 : 0.5, timeAt(event)));
  svg.addEventListener('wheel', event => {
    if (event.ctrlKey) {
      event.preventDefault();
      zoom(event.deltaY < 0 ? 0.8 : 1.25, timeAt(event));
    }
  }, { passive: false });
  let held = null;
  svg.addEventListener('pointerdown', event => { held = { at: timeAt(event), pointer: event.pointerId }; });
  svg.addEventListener('pointerup', () => { held = null; });
  document.addEventListener('keydown', event => {
    const part = (end - begin) / 4;
    const actions = { '+': () => zoom(0.5, middle()), '-': () => zoom(2, middle()), '0': () => show(from, to), ArrowLeft: () => show(begin - part, end - part), ArrowRight: () => show(begin + part, end + part) };
    if (actions[event.key] && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      actions[event.key]();
    }
  });

  // The browser's own tips come late and break off: the texts are taken over. What others wrote stays text.
  const texts = new WeakMap();
  const textOf = element => {
    if (!texts.has(element)) {
      const title = element.querySelector(':scope > title');
      texts.set(element, title?.textContent ?? '');
      title?.remove();
    }
    return texts.get(element);
  };
  svg.addEventListener('pointermove', event => {
    if (held && event.buttons === 1) {
      const moved = held.at - timeAt(event);
      show(begin + moved, end + moved);
    }
    const element = event.target.closest('.bars rect, .marks path, .arrows path, .name');
    const text = element ? textOf(element) : '';
    tip.style.display = text ? 'block' : 'none';
    tip.textContent = text;
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
  });
  svg.addEventListener('pointerleave', () => { tip.style.display = 'none'; });

  document.documentElement.classList.add('scripted');
  const wanted = /^#(\d+)-(\d+)$/.exec(location.hash);
  if (wanted && Number(wanted[1]) < Number(wanted[2])) {
    show(Number(wanted[1]), Number(wanted[2]));
  } else {
    draw();
  }
})();
