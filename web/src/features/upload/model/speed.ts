/** Speed over the last few seconds: quick enough to follow a change, slow enough not to flicker. */

const windowMs = 6000;

export class SpeedMeter {
  private samples: { at: number; bytes: number }[] = [];

  /** After a pause the time before it says nothing about now. */
  reset(): void {
    this.samples = [];
  }

  add(bytes: number, at: number): void {
    const last = this.samples[this.samples.length - 1];
    // A part that is sent again takes back what was counted of it.
    if (last && bytes < last.bytes) this.samples = [];
    this.samples.push({ at, bytes });
    while (this.samples.length > 2 && (this.samples[1]?.at ?? at) < at - windowMs) this.samples.shift();
  }

  bytesPerSecond(): number | null {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    if (!first || !last || last.at - first.at < 400) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
