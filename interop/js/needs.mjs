// What a pack must hold: docs/spec/pack.md, section 2.
import { demand } from './bytes.mjs';

// checkComplete: all that the subject demands is there, and nothing else.
export function checkComplete(p) {
  const c = new Closure(p);
  for (const name of c.registers) demand(p.histories.has(name), `the register of ${name} is missing`);
  for (const i of c.entries) demand(p.entries.has(i), `entry ${i} is missing`);
  for (const name of p.histories.keys()) demand(c.registers.has(name), `the register of ${name} is no part of the pack`);
  for (const i of p.entries.keys()) demand(c.entries.has(i), `entry ${i} is no part of the pack`);
}

class Closure {
  constructor(p) {
    Object.assign(this, { p, registers: new Set(), entries: new Set() });
    for (const [type, id] of p.roots()) this.history(type, id);
    if (p.subject.type !== 'identity') for (const i of p.core()) this.follow(p.entries.get(i));
    this.history('document', 'docket:policy');
  }

  // history demands a register, a statement for each of its events, and the identities that signed those.
  history(type, id) {
    const todo = [[type, id]];
    while (todo.length > 0) {
      const [t, of] = todo.pop(), name = `${t} ${of}`;
      if (this.registers.has(name)) continue;
      this.registers.add(name);
      for (const { index } of this.p.history(t, of)?.events ?? []) {
        this.entries.add(index);
        const issuer = this.p.entries.get(index)?.st.issuer;
        if (issuer !== undefined) todo.push(['identity', issuer]);
      }
    }
  }

  // follow demands what a statement of the subject names.
  follow({ st, digest }) {
    for (const g of st.spends ?? []) this.grant(g);
    if (st.kind === 'document.release' || st.kind === 'document.withdraw') this.history('document', st.document);
    if (st.kind === 'decision.grant') this.grant(`sha256:${digest.toString('hex')}`);
    if (st.kind === 'request.open') this.workflow(`docket:text/${st.workflow.slice(7)}`);
  }

  // grant demands a grant, and the delegations that it was given by.
  grant(id) {
    for (let next = id; next !== undefined && !this.registers.has(`grant ${next}`);) {
      const mine = next;
      this.history('grant', mine);
      const given = this.p.made('grant', mine).map((i) => this.p.entries.get(i)).find((e) => `sha256:${e.digest.toString('hex')}` === mine);
      next = given?.st.actingFor;
    }
  }

  workflow(text) {
    this.history('document', text);
    for (const i of this.p.made('document', text)) {
      const { st } = this.p.entries.get(i);
      if (st.kind === 'workflow.define') this.history('document', `docket:workflow/${st.workflow.id}`);
    }
  }
}
