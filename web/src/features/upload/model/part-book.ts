/** The parts of one upload: where to send each, and which the server has. Signed URLs end and are asked for again. */
import type { Upload, UploadPart } from '@/shared/api/types';

const renewAheadMs = 30_000;

export class PartBook {
  private parts = new Map<number, UploadPart>();
  private loading: Promise<void> | null = null;
  private current = true;

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
    if (part) this.parts.set(partNumber, { ...part, isCompleted: true });
  }

  isConfirmed(partNumber: number): boolean {
    return this.parts.get(partNumber)?.isCompleted ?? false;
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
  }
}
