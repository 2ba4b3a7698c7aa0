import { expect, it } from 'vitest';
import { SpeedMeter } from './speed';

it('measures over the last seconds', () => {
  const meter = new SpeedMeter();
  meter.add(0, 0);
  expect(meter.bytesPerSecond()).toBeNull();
  for (let second = 1; second <= 20; second += 1)
    meter.add(second <= 10 ? second * 100 : 1000 + (second - 10) * 500, second * 1000);
  expect(meter.bytesPerSecond()).toBeCloseTo(500, 0);
});

it('is never negative when a part is sent again', () => {
  const meter = new SpeedMeter();
  meter.add(1000, 0);
  meter.add(2000, 1000);
  meter.add(500, 1500);
  meter.add(1500, 2500);
  expect(meter.bytesPerSecond()).toBe(1000);
});

it('forgets the time of a pause', () => {
  const meter = new SpeedMeter();
  meter.add(0, 0);
  meter.add(1000, 1000);
  meter.reset();
  meter.add(1000, 60_000);
  meter.add(2000, 61_000);
  expect(meter.bytesPerSecond()).toBe(1000);
});
