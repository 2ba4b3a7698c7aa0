// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MediaController } from './controller';

/** jsdom has the element without the playing; this is as much of it as the controller asks for. */
function fakeVideo(): HTMLVideoElement {
  const element = document.createElement('video');
  let paused = true;
  let time = 0;
  Object.defineProperties(element, {
    paused: { get: () => paused },
    ended: { get: () => false },
    duration: { get: () => 10 },
    currentTime: { get: () => time, set: (value: number) => (time = value) },
  });
  element.play = () => {
    paused = false;
    return Promise.resolve();
  };
  element.pause = () => {
    paused = true;
    element.dispatchEvent(new Event('pause'));
  };
  return element;
}

describe('MediaController', () => {
  let element: HTMLVideoElement;
  let controller: MediaController;

  beforeEach(() => {
    localStorage.clear();
    element = fakeVideo();
    controller = new MediaController();
    controller.attach(element);
    controller.setFrameRate({ num: 30000, den: 1001 });
  });

  it('doubles the speed however quickly the key is pressed again', () => {
    controller.shuttle(1);
    controller.shuttle(1);
    controller.shuttle(1);
    expect(element.playbackRate).toBe(4);
    controller.toggle();
    expect(element.paused).toBe(true);
    controller.toggle();
    expect(element.paused).toBe(false);
    expect(element.playbackRate).toBe(1);
  });

  it('goes backwards and stops at the beginning', async () => {
    controller.seek(5);
    controller.shuttle(-1);
    controller.shuttle(-1);
    expect(controller.state.get().reverse).toBe(2);
    await vi.waitFor(() => expect(element.currentTime).toBeLessThan(5));
    element.currentTime = 0.001;
    await vi.waitFor(() => expect(controller.state.get().reverse).toBe(0));
    expect(element.currentTime).toBe(0);
  });

  it('steps by single frames and shows the inside of each', () => {
    controller.seek(0);
    controller.stepFrames(1);
    expect(element.currentTime).toBeCloseTo((1.5 * 1001) / 30000, 6);
    controller.stepFrames(-1);
    controller.stepFrames(-1);
    expect(element.currentTime).toBeCloseTo((0.5 * 1001) / 30000, 6);
  });

  it('never leaves the film', () => {
    controller.seek(99);
    expect(element.currentTime).toBeLessThanOrEqual(10);
    controller.seekBy(-99);
    expect(element.currentTime).toBe(0);
  });

  it('keeps the volume for the next film', () => {
    controller.setVolume(0.3);
    element.dispatchEvent(new Event('volumechange'));
    const next = fakeVideo();
    new MediaController().attach(next);
    expect(next.volume).toBeCloseTo(0.3);
  });
});
