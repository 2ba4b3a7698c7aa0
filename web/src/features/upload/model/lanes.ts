/**
 * Who may send a part now. Few lanes in all, and fewer for one upload, given to its first parts first: a part counts only
 * once it is whole, so many parts at once would be much to lose when somebody pauses or leaves.
 */
interface Waiting {
  key: string;
  partNumber: number;
  enter: () => void;
}

export class Lanes {
  private waiting: Waiting[] = [];
  private readonly taken = new Map<string, number>();
  private total = 0;

  constructor(
    private readonly maxTotal: number,
    private readonly maxEach: number,
  ) {}

  /** Resolves with what gives the lane back. */
  enter(key: string, partNumber: number, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.waiting = this.waiting.filter((other) => other !== entry);
        reject(new DOMException('Aborted', 'AbortError'));
      };
      const entry: Waiting = {
        key,
        partNumber,
        enter: () => {
          signal?.removeEventListener('abort', abort);
          this.count(key, 1);
          resolve(() => this.leave(key));
        },
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.waiting.push(entry);
      this.advance();
    });
  }

  private leave(key: string): void {
    this.count(key, -1);
    this.advance();
  }

  private count(key: string, change: number): void {
    this.total += change;
    const left = (this.taken.get(key) ?? 0) + change;
    if (left > 0) this.taken.set(key, left);
    else this.taken.delete(key);
  }

  private advance(): void {
    while (this.total < this.maxTotal) {
      const key = this.waiting.find((entry) => (this.taken.get(entry.key) ?? 0) < this.maxEach)?.key;
      if (key === undefined) return;
      const next = this.waiting
        .filter((entry) => entry.key === key)
        .reduce((first, entry) => (entry.partNumber < first.partNumber ? entry : first));
      this.waiting = this.waiting.filter((entry) => entry !== next);
      next.enter();
    }
  }
}
