// Controls over the admin API. Every answer, good or bad, is said in words.
(function () {
  'use strict';
  const root = document.getElementById('controls'), said = document.getElementById('said');
  const el = (tag, props, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
  const label = (text, input) => el('label', {}, el('span', { textContent: text }), input);
  const token = el('input', { type: 'password', autocomplete: 'off', placeholder: 'none on loopback' });
  token.value = sessionStorage.getItem('xpyd-admin-token') ?? '';
  token.addEventListener('change', () => { sessionStorage.setItem('xpyd-admin-token', token.value); loadDials(); });

  async function call(method, path, body) {
    const headers = body ? { 'content-type': 'application/json' } : {};
    if (token.value) headers.authorization = 'Bearer ' + token.value;
    const response = await fetch('admin/' + path, { method, headers, body: body ? JSON.stringify(body) : undefined });
    const text = await response.text();
    let answer = null;
    try { answer = text ? JSON.parse(text) : null; } catch { answer = null; }
    if (!response.ok) throw new Error(answer?.error?.message ?? (response.status === 404 ? 'This gateway has no admin API.' : response.status === 401 || response.status === 403 ? 'The admin token is missing or wrong.' : `The gateway answered ${response.status}.`));
    return answer;
  }

  async function act(what, work) {
    said.className = 'said';
    said.textContent = what + '…';
    try { await work(); said.textContent = what + ': done.'; }
    catch (error) { said.className = 'said bad'; said.textContent = `${what} failed: ${error.message}`; }
  }

  // Scale.
  const scale = el('fieldset', {}, el('legend', { textContent: 'Scale' })), rows = new Map();
  function scaleRow(pool) {
    const input = el('input', { type: 'number', min: '0', max: '1024', ariaLabel: `Instances of ${pool}` });
    const button = el('button', { type: 'button', textContent: 'Apply' });
    button.addEventListener('click', () => act(`Scale ${pool} to ${input.value}`, () => call('POST', 'scale', { pool, instances: Number(input.value) })));
    const row = el('div', { className: 'row' }, el('span', { className: 'grow', textContent: pool }), input, button);
    input.style.width = '6em';
    input.min = '1';
    return { row, input };
  }

  // Faults.
  const kind = el('select', {}, ...['crash', 'drain', 'slow', 'link', 'expire_kv', 'router_restart', 'disconnect'].map(k => el('option', { value: k, textContent: k })));
  const target = el('select', {}), factor = el('input', { type: 'number', step: 'any', min: '0', placeholder: 'as usual', title: 'slow: times as long; link: share of its bandwidth; disconnect: share of requests' }), duration = el('input', { type: 'number', step: 'any', min: '0', placeholder: 'until cleared' });
  const inject = el('button', { type: 'button', textContent: 'Inject' }), inForce = el('div', {});
  const number = input => input.value === '' ? null : Number(input.value);
  inject.addEventListener('click', () => act(`Inject ${kind.value} at ${target.value}`, () => call('POST', 'faults', { kind: kind.value, target: target.value, factor: ['slow', 'link', 'disconnect'].includes(kind.value) ? number(factor) : null, duration_seconds: number(duration) })));
  const faults = el('fieldset', {}, el('legend', { textContent: 'Faults' }), label('Kind', kind), label('Target', target), label('Factor', factor), label('Seconds', duration), el('div', { className: 'row' }, inject), inForce);

  // Dials.
  const dialBox = el('fieldset', {}, el('legend', { textContent: 'Dials' })), dialRows = el('div', {});
  dialBox.append(dialRows);
  async function loadDials() {
    try {
      const answer = await call('GET', 'dials'), dials = Array.isArray(answer) ? answer : answer?.dials ?? [];
      dialRows.replaceChildren(...dials.map(d => {
        const input = el('input', { type: 'number', step: 'any', value: String(d.value), min: String(d.min), max: String(d.max), title: d.meaning ?? '' });
        input.addEventListener('change', () => act(`Set ${d.name} to ${input.value}`, () => call('PUT', 'dials/' + encodeURIComponent(d.name), { value: Number(input.value) })));
        return label(d.name, input);
      }));
      if (!dials.length) dialRows.textContent = 'The router’s policy has no dials.';
    } catch (error) { dialRows.textContent = error.message; }
  }

  root.append(el('fieldset', {}, el('legend', { textContent: 'Access' }), label('Admin token', token)), scale, faults, dialBox);
  loadDials();
  document.addEventListener('instance-selected', e => { if (e.detail) target.value = e.detail; });

  function update(snapshot) {
    const pools = Map.groupBy ? Map.groupBy(snapshot.instances, i => i.pool) : snapshot.instances.reduce((m, i) => m.set(i.pool, [...(m.get(i.pool) ?? []), i]), new Map());
    for (const [pool, members] of pools) {
      if (!rows.has(pool)) { const row = scaleRow(pool); row.input.value = String(members.length); rows.set(pool, row); scale.append(row.row); }
    }
    const names = snapshot.instances.map(i => i.name).concat(snapshot.links.map(l => l.name), ['router']);
    if (target.dataset.names !== names.join()) {
      const kept = target.value;
      target.replaceChildren(...names.map(n => el('option', { value: n, textContent: n })));
      target.dataset.names = names.join();
      if (names.includes(kept)) target.value = kept;
    }
    const ids = snapshot.faults.map(f => f.id).join();
    if (inForce.dataset.ids === ids) return;
    inForce.dataset.ids = ids;
    inForce.replaceChildren(...snapshot.faults.map(f => {
      const clear = el('button', { type: 'button', textContent: 'Clear', ariaLabel: `Clear ${f.kind} at ${f.target}` });
      clear.addEventListener('click', () => act(`Clear ${f.kind} at ${f.target}`, () => call('DELETE', 'faults/' + encodeURIComponent(f.id))));
      return el('div', { className: 'row' }, el('span', { className: 'grow', textContent: `${f.kind} at ${f.target}` }), clear);
    }));
  }

  window.xpydControls = { update };
})();
