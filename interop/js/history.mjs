// One register under a seal: REG, ABS, EV and ADJ of docs/spec/receipt.md, section 2.
import { demand, refuse, sha256 } from './bytes.mjs';
import { openEvent, openState, registerKey, types, verifyAbsent, verifyEvent, verifyPresent } from './registers.mjs';

export class History {
  constructor(proof, seal) {
    Object.assign(this, proof);
    this.seal = seal;
    this.key = registerKey(proof.type, proof.id);
  }

  // REG
  register() {
    const v = this.value ?? refuse('no value is shown');
    demand(v.type === types[this.type], 'the value is of another type');
    demand(v.last < this.seal.index, 'the newest event is not below the seal');
    verifyPresent(this.path, this.key, sha256(v.bytes), this.seal.root);
  }

  // ABS
  absent() {
    demand(!this.value && !this.state && !this.envelope && !this.delegation && this.events.length === 0, 'an absent register has nothing');
    verifyAbsent(this.path, this.key, this.seal.root);
  }

  // EV for all events shown
  eachEvent() {
    for (const e of this.events) {
      demand(e.type === this.value.type, 'an event of another type');
      verifyEvent(e, e.proof, this.value.size, this.value.root);
      const newest = e.seq === this.value.size - 1n;
      demand(newest ? e.index === this.value.last : e.index < this.value.last, 'its entry does not fit the newest one');
      this.possible(e);
      if (e.opening) openEvent(e, e.opening.blind, e.opening.body);
    }
  }

  // possible: the entries since the seal before have the time of this seal; time never falls.
  possible(e) {
    demand(e.index > this.seal.prev ? e.time === this.seal.time : e.time <= this.seal.time, 'its time does not fit that of the seal');
  }

  // n events that rise: what stands between them is not shown.
  shown(n) {
    demand(this.events.length === n, `${this.events.length} events are shown, want ${n}`);
    this.rising();
    this.eachEvent();
  }

  rising() {
    this.events.forEach((e, i) => {
      const b = this.events[i - 1];
      demand(!b || (e.seq > b.seq && e.index > b.index && e.time >= b.time), `event ${e.seq} is not later than the one before`);
    });
  }

  // ADJ of the event at place j
  adjacent(j) {
    this.rising();
    this.events.forEach((e, i) => demand(i === 0 || e.seq === this.events[i - 1].seq + 1n, `event ${e.seq} does not follow`));
    const after = this.events.length - 1 - j;
    demand(after === 1 || (after === 0 && this.newest(j)), 'it is not the newest, and not exactly its successor follows');
  }

  newest(j) { return this.events[j].seq === this.value.size - 1n; }
  next(j) { return this.events[j + 1]; }
  opened(j) { return this.events[j].opening ?? refuse(`event ${this.events[j].seq} is not opened`); }
  opensState() { if (this.state) openState(this.value, this.state.blind, this.state.state); }
  openedState() {
    demand(this.state, 'the newest state is not opened');
    this.opensState();
    return this.state.state;
  }

  // a register of a staple that is judged alone; true if it is proven absent
  alone() {
    if (!this.value) {
      this.absent();
      return true;
    }
    this.register();
    this.eachEvent();
    this.opensState();
    demand(!this.envelope || this.id === `sha256:${this.envelope.digest.toString('hex')}`, 'another statement stands beside it');
    if (this.events.length === 0) return false;
    if (this.type === 'run' || this.type === 'grant') this.rising();
    else this.adjacent(Math.max(0, this.events.length - 2));
    return false;
  }
}
