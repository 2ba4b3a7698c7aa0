/** The parts of one upload: where to send each, and which the server has. Signed URLs end and are asked for again. */
import type { Upload, UploadPart } from '@/shared/api/types';

const renewAheadMs = 30_000;

export class PartBook {
  private parts = new Map<number, UploadPart>();
  /** Bytes of parts that are under way. */
  private readonly underWay = new Map<number, number>();
  private loading: Promise<void> | null = null;
  private current = true;
  private confirmedBytes = 0;

  constructor(
    upload: Upload,
    private readonly reload: () => Promise<Upload>,
  ) {
    this.fill(upload.parts);
  }

  /** Ask again before trusting what is known: after a pause or a failure the server may know better. */
  doubt(): void {
    this.current = false;
  }

  confirmed(partNumber: number): void {
    const part = this.parts.get(partNumber);
    if (!part || part.isCompleted) return;
    this.parts.set(partNumber, { ...part, isCompleted: true });
    this.confirmedBytes += part.length;
  }

  isConfirmed(partNumber: number): boolean {
    return this.parts.get(partNumber)?.isCompleted ?? false;
  }

  /** So much of a part has left; nothing when it is done or given up. */
  sending(partNumber: number, bytes: number): void {
    if (bytes > 0) this.underWay.set(partNumber, bytes);
    else this.underWay.delete(partNumber);
  }

  /** What the server has for good. */
  bytesConfirmed(): number {
    return this.confirmedBytes;
  }

  bytesSent(): number {
    let bytes = this.confirmedBytes;
    for (const [partNumber, loaded] of this.underWay) if (!this.isConfirmed(partNumber)) bytes += loaded;
    return bytes;
  }

  async completed(): Promise<UploadPart[]> {
    if (!this.current) await this.refresh();
    return [...this.parts.values()].filter((part) => part.isCompleted);
  }

  /** A part with a URL that is good for a while yet. */
  async part(partNumber: number, now: number = Date.now()): Promise<UploadPart> {
    const known = this.parts.get(partNumber);
    const expires = known?.expiresAt ? Date.parse(known.expiresAt) : Infinity;
    if (known && known.uploadUrl && !(expires - now < renewAheadMs)) return known;
    await this.refresh();
    const renewed = this.parts.get(partNumber);
    if (!renewed) throw new Error(`The server knows no part ${partNumber} of this upload.`);
    return renewed;
  }

  refresh(): Promise<void> {
    this.loading ??= this.reload()
      .then((upload) => {
        this.fill(upload.parts);
        this.current = true;
      })
      .finally(() => {
        this.loading = null;
      });
    return this.loading;
  }

  private fill(parts: UploadPart[]): void {
    for (const part of parts) this.parts.set(part.partNumber, part);
    this.confirmedBytes = 0;
    for (const part of this.parts.values()) if (part.isCompleted) this.confirmedBytes += part.length;
  }
}
