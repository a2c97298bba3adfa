// Controls over the admin API. Every answer, good or bad, is said in words.
(function () {
  'use strict';
  const root = document.getElementById('controls'), said = document.getElementById('said');
  const el = (tag, props, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
  const label = (text, input) => el('label', {}, el('span', { textContent: text }), input);
  const token = el('input', { type: 'password', autocomplete: 'off', placeholder: 'as --admin-token' });
  token.value = sessionStorage.getItem('xpyd-admin-token') ?? '';
  token.addEventListener('change', () => { sessionStorage.setItem('xpyd-admin-token', token.value); enter(); });

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

  // Faults: kinds, and what each needs to be told, come from the gateway.
  const kind = el('select', {}), meaning = el('p', { className: 'hint' }), target = el('select', {});
  const factor = el('input', { type: 'number', step: 'any' }), duration = el('input', { type: 'number', step: 'any', min: '0', placeholder: 'until cleared' });
  const inject = el('button', { type: 'button', textContent: 'Inject' }), inForce = el('div', {});
  const targetRow = label('Target', target), factorRow = label('Factor', factor), durationRow = label('Emulated seconds', duration);
  const number = input => input.value === '' ? null : Number(input.value);
  let kinds = [];
  const chosen = () => kinds.find(k => k.name === kind.value);
  function describe() {
    const k = chosen();
    meaning.textContent = k?.meaning ?? '';
    targetRow.hidden = !k?.has_target; factorRow.hidden = !k?.factor; durationRow.hidden = !k?.lasts;
    if (!k?.factor) return;
    factorRow.firstChild.textContent = k.factor.meaning;
    factor.placeholder = String(k.factor.default); factor.min = String(k.factor.min); factor.max = String(k.factor.max); factor.value = '';
  }
  kind.addEventListener('change', describe);
  inject.addEventListener('click', () => {
    const k = chosen(), at = k.has_target ? ` at ${target.value}` : '';
    act(`Inject ${k.name}${at}`, () => call('POST', 'faults', { kind: k.name, target: k.has_target ? target.value : null, factor: k.factor ? number(factor) : null, duration_seconds: k.lasts ? number(duration) : null }));
  });
  const faults = el('fieldset', {}, el('legend', { textContent: 'Faults' }), label('Kind', kind), meaning, targetRow, factorRow, durationRow, el('div', { className: 'row' }, inject), inForce);

  // Dials.
  const dialBox = el('fieldset', {}, el('legend', { textContent: 'Dials' })), dialRows = el('div', {});
  dialBox.append(dialRows);
  async function loadDials() {
    const answer = await call('GET', 'dials'), dials = Array.isArray(answer) ? answer : answer?.dials ?? [];
    dialRows.replaceChildren(...dials.map(d => {
      const input = el('input', { type: 'number', step: 'any', value: String(d.value), min: String(d.min), max: String(d.max) });
      input.addEventListener('change', () => act(`Set ${d.name} to ${input.value}`, () => call('PUT', 'dials/' + encodeURIComponent(d.name), { value: Number(input.value) })));
      return el('div', {}, label(d.name, input), el('p', { className: 'hint', textContent: [d.meaning, `${d.min} … ${d.max}`].filter(Boolean).join(' ') }));
    }));
    if (!dials.length) dialRows.textContent = 'The router’s policy has no dials.';
  }

  // Who may use the controls: the gateway says so before anything is tried, and a refused token says so in words.
  const access = el('fieldset', {}, el('legend', { textContent: 'Access' }), label('Admin token', token), el('p', { className: 'hint', textContent: 'The gateway was started with one. It stays in this tab.' }));
  const parts = [scale, faults, dialBox];
  let admin = 'none';
  async function enter() {
    const shut = { none: 'This gateway has no admin API, so nothing can be changed from here.', off: 'The controls are off beyond loopback: start the gateway with --admin-token TOKEN to turn them on.' }[admin];
    const waits = admin === 'token' && !token.value;
    access.hidden = admin !== 'token';
    let refusal = shut ?? (waits ? 'Enter the admin token to use the controls.' : '');
    if (!refusal) try { await loadDials(); } catch (error) { refusal = error.message; }
    for (const part of parts) { part.disabled = refusal !== ''; }
    if (refusal) dialRows.replaceChildren();
    said.className = refusal && !waits ? 'said bad' : 'said';
    said.textContent = refusal;
  }

  async function begin() {
    try {
      const about = await (await fetch('console/about')).json();
      admin = about.admin;
      if (kinds.length !== about.fault_kinds.length) { kinds = about.fault_kinds; kind.replaceChildren(...kinds.map(k => el('option', { value: k.name, textContent: k.name }))); describe(); }
      await enter();
    } catch { setTimeout(begin, 2000); }
  }
  root.append(access, scale, faults, dialBox);
  begin();
  document.addEventListener('instance-selected', e => { if (e.detail) target.value = e.detail; });
  document.addEventListener('console-reconnected', begin);

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
