import { Buffer, Bytes, randomFill } from "sesshook-guest";

/** Bytes of a name that are kept: as many as DNS allows. */
const NAME: i32 = 255;

/** A server name, and its handshakes in this window. */
@unmanaged
export class Entry {
  hash: u64 = 0;
  /** Full handshakes. */
  full: u32 = 0;
  /** Resumed ones. */
  resumed: u32 = 0;
  /** Its share was low when it was last judged. */
  low: bool = false;
  length: u8 = 0;

  /** How many handshakes it has had. */
  get total(): u64 { return <u64>this.full + this.resumed; }

  /** Its name, until the next entry is asked for it. */
  get name(): Bytes { return nameView.view(changetype<usize>(this) + offsetof<Entry>(), this.length); }
}

const nameView = changetype<Bytes>(memory.data(8, 4));

/** Bytes of an entry with its name. */
const SIZE: i32 = 24 + NAME + 1;

/**
 * Server names, up to a number that it has memory for from the beginning, without an allocation
 * for any of them. Clients choose the names: the hash is keyed, so that they can't make many fall on
 * one place.
 */
export class Table {
  /** How many there are. The entries stand one behind the other. */
  count: i32 = 0;

  private entries: StaticArray<u8>;
  private index: StaticArray<u32>; // 1 + the entry's number; 0 is none
  private seed: u64 = 0;

  /**
   * @param capacity - how many names there is room for
   */
  constructor(private capacity: i32) {
    assert(offsetof<Entry>() <= 24);
    this.entries = new StaticArray<u8>(capacity * SIZE);
    // At most half full, and a power of two.
    this.index = new StaticArray<u32>(1 << (33 - clz(capacity)));
    const random = new Buffer(8).resize(8);
    randomFill(random.bytes);
    this.seed = random.bytes.read<u64>(0);
  }

  /** The entry at a number below count. */
  at(n: i32): Entry {
    return changetype<Entry>(changetype<usize>(this.entries) + n * SIZE);
  }

  /** The entry of a name, which is made where there is none; null: there is no room for it. */
  of(name: Bytes): Entry | null {
    const length = min(name.length, NAME);
    const hash = this.hash(name.ptr, length);
    let place = this.place(hash);
    for (; this.index[place]; place = this.after(place)) {
      const entry = this.at(this.index[place] - 1);
      if (entry.hash == hash && entry.length == length && !memory.compare(entry.name.ptr, name.ptr, length)) return entry;
    }
    if (this.count == this.capacity) return null;
    const entry = this.at(this.count++);
    this.index[place] = this.count;
    entry.hash = hash;
    entry.full = 0;
    entry.resumed = 0;
    entry.low = false;
    entry.length = <u8>length;
    memory.copy(entry.name.ptr, name.ptr, length);
    return entry;
  }

  /** Begins a new window: names without a handshake are forgotten, the others begin at 0. */
  sweep(): void {
    const before = this.count;
    this.count = 0;
    for (let i = 0; i < before; i++) {
      const entry = this.at(i);
      if (!entry.total) continue;
      entry.full = 0;
      entry.resumed = 0;
      if (this.count < i) memory.copy(changetype<usize>(this.at(this.count)), changetype<usize>(entry), SIZE);
      this.count++;
    }
    this.reindex();
  }

  private reindex(): void {
    memory.fill(changetype<usize>(this.index), 0, this.index.length << 2);
    for (let i = 0; i < this.count; i++) {
      let place = this.place(this.at(i).hash);
      while (this.index[place]) place = this.after(place);
      this.index[place] = i + 1;
    }
  }

  private place(hash: u64): i32 {
    return <i32>(hash >> 32) & (this.index.length - 1);
  }

  private after(place: i32): i32 {
    return (place + 1) & (this.index.length - 1);
  }

  private hash(ptr: usize, length: i32): u64 {
    let h = this.seed;
    for (let i = 0; i < length; i++) h = rotl((h ^ load<u8>(ptr + i)) * 0x9e3779b97f4a7c15, 29);
    return (h ^ h >> 32) * 0x9e3779b97f4a7c15;
  }
}
