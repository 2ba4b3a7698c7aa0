#!/usr/bin/python3
"""Makes the odd media that people really have, for tests: tests/media/make.py [FOLDER]

Prints the folder (tests/media/generated unless named). What is there already, by this very recipe, is kept. Films last
3 seconds. Most show four quarters, red and green above blue and white, so that a test can see which way is up.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "generated").resolve()
RECIPE = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()

TONE = ["-f", "lavfi", "-i", "sine=frequency=440:duration=3:sample_rate=48000"]
STEREO = ["-f", "lavfi", "-i", "aevalsrc='0.5*sin(440*2*PI*t)|0.2*sin(880*2*PI*t)':duration=3:sample_rate=48000"]
X264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-b:a", "96k"]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr.decode(errors='replace')}")


def ffmpeg(*arguments):
    run("ffmpeg", "-nostdin", "-v", "error", "-y", "-threads", "1", *arguments)


def quarters(width, height, rate="25", seconds=3, moving=True):
    """Four coloured quarters; a grey square crosses the middle, so that it moves."""
    w, h = width // 2, height // 2
    graph = (f"color=red:s={width}x{height}:r={rate}:d={seconds},"
             f"drawbox=x={w}:y=0:w={width - w}:h={h}:color=lime:t=fill,"
             f"drawbox=x=0:y={h}:w={w}:h={height - h}:color=blue:t=fill,"
             f"drawbox=x={w}:y={h}:w={width - w}:h={height - h}:color=white:t=fill")
    if moving:
        graph += (f"[quarters];color=gray:s=16x16:r={rate}:d={seconds}[bar];"
                  f"[quarters][bar]overlay=x='mod(t*{width}/2,{width})':y={h - 8}:shortest=1")
    return ["-f", "lavfi", "-i", graph]


def film(name, *options, size=(640, 360), rate="25", sound=STEREO, video=X264, audio=AAC):
    ffmpeg(*quarters(*size, rate), *(sound or []), *(video or []), *(audio if sound else []), *options, OUT / name)


def write(name, content):
    (OUT / name).write_bytes(content)


# ---- films ----------------------------------------------------------------------------------------------------------

def plain():
    """film.mp4 is what a browser plays as it is; others are made from it."""
    film("film.mp4", "-g", "25", "-movflags", "+faststart")
    ffmpeg("-i", OUT / "film.mp4", "-c", "copy", OUT / "film_index_last.mp4")
    whole = (OUT / "film_index_last.mp4").read_bytes()
    write("no_index.mp4", whole[: len(whole) * 6 // 10])
    whole = (OUT / "film.mp4").read_bytes()
    write("cut.mp4", whole[: len(whole) * 5 // 10])
    ffmpeg("-i", OUT / "film.mp4", "-c", "copy", OUT / "to_cut.mkv")
    ffmpeg("-i", OUT / "film.mp4", "-vn", "-c", "copy", "-movflags", "+faststart", OUT / "to_cut.m4a")
    for whole in (OUT / "to_cut.mkv", OUT / "to_cut.m4a"):
        write(f"cut{whole.suffix}", whole.read_bytes()[: whole.stat().st_size * 5 // 10])
        whole.unlink()
    for degrees in (90, 180, 270):
        ffmpeg("-i", OUT / "film.mp4", "-c", "copy", "-metadata:s:v:0", f"rotate={degrees}", OUT / f"rotated_{degrees}.mp4")
    ffmpeg("-ss", "0.5", "-i", OUT / "film.mp4", "-c", "copy", OUT / "edit_list.mp4")
    shutil.copy(OUT / "film.mp4", OUT / "-dash %d [n=2] 🎬 فيلم שלום.mp4")
    ffmpeg("-i", OUT / "film.mp4", "-c", "copy", "-f", "mpegts", OUT / "start_later.ts")
    ffmpeg("-itsoffset", "0.5", "-i", OUT / "film.mp4", "-i", OUT / "film.mp4", "-map", "0:v", "-map", "1:a", "-c", "copy",
           OUT / "picture_later.mkv")
    ffmpeg("-i", OUT / "film.mp4", "-c", "copy", "-an", OUT / "silent.mp4")
    ffmpeg("-i", OUT / "film.mp4", "-c:v", "copy", "-c:a", "libopus", OUT / "film_opus.mkv")
    ffmpeg("-i", OUT / "film.mp4", "-map", "0:v", "-c", "copy", OUT / "elementary.h264")
    ffmpeg("-i", OUT / "film.mp4", "-map", "0:v", "-c:v", "mpeg2video", "-q:v", "3", OUT / "elementary.m2v")
    # Its second half is there still, and left out by the edit list alone, as when a phone shortens a film.
    whole = bytearray((OUT / "film.mp4").read_bytes())
    for box, offset in ((b"mvhd", 16), (b"tkhd", 20), (b"elst", 8)):
        at = whole.find(box)
        while at >= 0:
            struct.pack_into(">I", whole, at + 4 + offset, struct.unpack_from(">I", whole, at + 4 + offset)[0] // 2)
            at = whole.find(box, at + 1)
    write("shortened.mp4", bytes(whole))
    # A call, whose picture shrinks after two seconds.
    with tempfile.TemporaryDirectory() as folder:
        for part, (size, start) in enumerate((("640:360", 0), ("320:180", 1))):
            ffmpeg("-ss", start, "-i", OUT / "film.mp4", "-t", "2", "-an", "-vf", "scale=" + size, "-c:v", "libvpx",
                   "-deadline", "realtime", f"{folder}/{part}.webm")
        pathlib.Path(folder, "list").write_text("file 0.webm\nfile 1.webm\n")
        ffmpeg("-f", "concat", "-i", f"{folder}/list", "-c", "copy", OUT / "changing_size.webm")
    # A broadcast that goes from two channels to one, with some pictures missing there.
    parts = b""
    for channels, start in (("2", 0), ("1", 1.6)):
        ffmpeg("-ss", start, "-i", OUT / "film.mp4", "-t", "1.4", *X264, *AAC, "-ac", channels, "-output_ts_offset", start,
               "-f", "mpegts", OUT / "part.ts")
        parts += (OUT / "part.ts").read_bytes()
    (OUT / "part.ts").unlink()
    write("changing_sound.ts", parts)
    # As browsers record: no length, no index.
    ffmpeg("-i", OUT / "film.mp4", "-map", "0:v", "-c:v", "libvpx", "-deadline", "realtime", "-live", "1", OUT / "recorded.webm")


def needs_encoding():
    film("film.avi", video=["-c:v", "mpeg4", "-q:v", "4"], audio=["-c:a", "libmp3lame"])
    film("film.webm", video=["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k"],
         audio=["-c:a", "libopus"], size=(320, 180))
    film("portrait.avi", video=["-c:v", "mpeg4", "-q:v", "4"], size=(360, 640), audio=["-c:a", "libmp3lame"])
    film("odd.mkv", video=["-c:v", "ffv1"], size=(321, 241), audio=["-c:a", "pcm_s16le"])
    film("full_range.avi", "-pix_fmt", "yuvj420p", video=["-c:v", "mjpeg", "-q:v", "3"], audio=["-c:a", "pcm_s16le"],
         size=(320, 180))
    film("high_rate.mp4", rate="120", size=(320, 180))
    film("rgb.mkv", "-pix_fmt", "gbrp", video=["-c:v", "ffv1"], size=(320, 180), audio=["-c:a", "pcm_s16le"])
    film("transparent.mov", "-pix_fmt", "yuva444p10le", video=["-c:v", "prores_ks", "-profile:v", "4"], size=(320, 180),
         audio=["-c:a", "pcm_s16le"])
    film("black_start.avi", "-vf", "fade=in:st=1.2:d=0.2", video=["-c:v", "mpeg4", "-q:v", "4"], size=(320, 180),
         audio=["-c:a", "libmp3lame"])


def odd_time():
    vary = ["-vf", "select='if(lt(t,1),1,if(lt(t,2),not(mod(n,2)),not(mod(n,5))))+eq(n,44)+eq(n,89)'", "-vsync", "vfr"]
    film("vfr.mp4", *vary, rate="30", size=(320, 180))
    film("vfr.mkv", *vary, rate="30", size=(320, 180))
    film("timecode.mov", "-timecode", "01:00:00;00", rate="30000/1001", size=(320, 180))
    film("long_gop.mkv", "-g", "9999", "-sc_threshold", "0", "-metadata", "title=A title", rate="24000/1001",
         size=(320, 180))


def odd_picture():
    interlace = ["-vf", "tinterlace=mode=interleave_top,fieldorder=tff", "-flags", "+ilme+ildct"]
    mpeg2 = ["-c:v", "mpeg2video", "-q:v", "3"]
    film("interlaced.mpg", *interlace, "-aspect", "4:3", rate="50", size=(720, 576), video=mpeg2, audio=["-c:a", "mp2"])
    # 16:9 in 720x576: each sample is 64:45
    film("anamorphic.mpg", "-aspect", "16:9", size=(720, 576), video=mpeg2, audio=["-c:a", "mp2"])
    film("anamorphic.mp4", "-vf", "setsar=64/45", size=(360, 288))
    # Flagged as fields, though each picture is whole.
    ffmpeg("-f", "lavfi", "-i", "color=gray:s=720x576:r=25:d=3[a];color=white:s=90x576:r=25:d=3[b];[a][b]overlay=x='mod(t*300,720)'"
           ":shortest=1", *STEREO, *X264, *AAC, "-x264-params", "tff=1", OUT / "segmented.mp4")


def deep():
    film("prores.mov", "-pix_fmt", "yuv422p10le", "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709",
         video=["-c:v", "prores_ks", "-profile:v", "2"], size=(320, 180), audio=["-c:a", "pcm_s24le"])
    hevc = ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"]
    to_2020 = "zscale=pin=bt709:min=bt709:tin=bt709:rin=limited:p=bt2020:m=bt2020nc:r=limited:t="
    tags = ["-color_primaries", "bt2020", "-colorspace", "bt2020nc"]
    light = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400"
    film("hdr_pq.mp4", "-vf", "format=gbrp," + to_2020 + "smpte2084:npl=203,format=yuv420p10le", *tags, "-color_trc", "smpte2084",
         "-x265-params", f"log-level=error:hdr10=1:repeat-headers=1:{light}", video=hevc, size=(320, 180))
    film("hdr_hlg.mp4", "-vf", "format=gbrp," + to_2020 + "arib-std-b67:npl=203,format=yuv420p10le", *tags,
         "-color_trc", "arib-std-b67", "-x265-params", "log-level=error", video=hevc, size=(320, 180))


def tracks():
    tones = []
    for frequency in (300, 500, 700, 900):
        tones += ["-f", "lavfi", "-i", f"sine=frequency={frequency}:duration=3:sample_rate=48000"]
    maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:a"]
    ffmpeg(*quarters(320, 180), *tones, *maps, *X264, *AAC, "-ac", "2",
           "-metadata:s:a:0", "language=eng", "-metadata:s:a:0", "title=Commentary", "-disposition:a:0", "comment",
           "-metadata:s:a:1", "language=eng", "-disposition:a:1", "default",
           "-metadata:s:a:2", "language=fra", "-metadata:s:a:2", "title=Français", OUT / "languages.mkv")
    ffmpeg(*quarters(320, 180), *tones, *maps, "-map", "4:a", *X264, "-c:a", "pcm_s16le", OUT / "multi_mono.mov")
    film("surround.mp4", sound=["-f", "lavfi", "-i", "sine=d=3,pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0"], size=(320, 180))


def sounds():
    ffmpeg(*quarters(300, 300, seconds=1, moving=False), "-frames:v", "1", OUT / "cover.png")
    for name, codec in (("cover.mp3", ["-c:a", "libmp3lame", "-id3v2_version", "3"]), ("cover.m4a", AAC),
                        ("cover.flac", ["-c:a", "flac"])):
        ffmpeg(*STEREO, "-i", OUT / "cover.png", "-map", "0:a", "-map", "1:v", "-c:v", "mjpeg", "-disposition:v:0",
               "attached_pic", *codec, "-metadata", "title=A song", OUT / name)
    ffmpeg(*STEREO, "-c:a", "pcm_s24le", OUT / "sound.wav")
    ffmpeg(*STEREO, "-c:a", "libvorbis", OUT / "sound.ogg")
    ffmpeg(*TONE, "-c:a", "aac", "-f", "adts", OUT / "sound.aac")
    # Without a header that tells the number of frames.
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=20:a=0.001,volume='if(lt(t,10),0,100)':eval=frame", "-c:a", "libmp3lame",
           "-q:a", "5", "-write_xing", "0", "-id3v2_version", "0", OUT / "changing_rate.mp3")
    run("flite", "-voice", "slt", "-t", "The quick brown fox jumps over the lazy dog.", "-o", OUT / "speech.wav")
    ffmpeg("-i", OUT / "cover.mp3", "-map", "0:a", "-c", "copy", OUT / "plain.mp3")


# ---- pictures and documents -----------------------------------------------------------------------------------------

def pictures():
    ffmpeg(*quarters(400, 300, seconds=1, moving=False), "-frames:v", "1", OUT / "quarters.png")
    # How the pixels lie when the tag says how to turn them upright.
    turn = {1: "null", 2: "hflip", 3: "hflip,vflip", 4: "vflip", 5: "transpose=0", 6: "transpose=2",
            7: "transpose=3", 8: "transpose=1"}
    for orientation, filters in turn.items():
        name = OUT / f"orientation_{orientation}.jpg"
        ffmpeg("-i", OUT / "quarters.png", "-vf", filters, "-q:v", "2", name)
        run("exiv2", f"-Mset Exif.Image.Orientation Short {orientation}", "-Mset Exif.Image.Make Ascii Reelcam",
            "-Mset Iptc.Application2.Caption String Four quarters", "-Mset Xmp.dc.title LangAlt lang=x-default Quarters", name)
    shutil.copy(OUT / "orientation_1.jpg", OUT / "%d[n=2] 🎬 שלום.jpg")
    for name in ("cmyk.jpg", "cmyk.tif"):
        run("vips", "icc_export", OUT / "quarters.png", OUT / name, "--output-profile", "cmyk")
    run("vips", "icc_export", OUT / "quarters.png", OUT / "p3.jpg[Q=95]", "--output-profile", "p3")
    run("vips", "colourspace", OUT / "quarters.png", OUT / "sixteen.tif", "rgb16")
    run("vips", "colourspace", OUT / "quarters.png", OUT / "grey.png", "b-w")
    ffmpeg(*quarters(400, 300, seconds=1, moving=False), "-frames:v", "1", "-vf", "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':"
           "b='b(X,Y)':a='if(lt(X,200),255,0)'", OUT / "transparent.png")
    ffmpeg(*quarters(200, 150, rate="5", seconds=1), OUT / "animated.gif")
    ffmpeg(*quarters(200, 150, rate="5", seconds=1), "-c:v", "libwebp_anim", "-lossless", "1", OUT / "animated.webp")
    ffmpeg("-i", OUT / "quarters.png", OUT / "quarters.bmp")
    run("vips", "copy", OUT / "quarters.png", OUT / "quarters.heic[compression=av1,lossless]")
    write("quarters.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><rect width="200" height="150" '
          b'fill="red"/><rect x="200" width="200" height="150" fill="lime"/><rect y="150" width="200" height="150" fill="blue"/>'
          b'<image href="file:///etc/passwd" width="9" height="9"/></svg>')
    whole = (OUT / "orientation_1.jpg").read_bytes()
    write("cut.jpg", whole[: len(whole) * 7 // 10])

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    side = 60000
    write("bomb.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
          chunk(b"IDAT", zlib.compress(b"\0" * (1 << 20))) + chunk(b"IEND", b""))


def documents():
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>"]
    for number, colour in ((5, b"1 0 0"), (6, b"0 0 1")):
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Contents %d 0 R >>" % number)
    for colour in (b"1 0 0", b"0 0 1"):
        stream = colour + b" rg 0 0 300 400 re f"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects.append(b"<< /Title (Two pages) /Author (Reelvault) >>")
    pdf, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(pdf)
    pdf += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % at for at in places)
    pdf += b"trailer << /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    write("two_pages.pdf", pdf)
    write("damaged.pdf", pdf[:60])
    write("empty.mp4", b"")
    write("text.mp4", "This is not a film. Ceci n’est pas un film.\n".encode() * 20)
    write("playlist.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    write("script.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n")
    noise, state = bytearray(), 12345
    for _ in range(20000):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        noise.append(state >> 16 & 0xFF)
    write("noise.mp4", b"\x01\x02" + bytes(noise))
    write("noise.bin", b"\x01\x02" + bytes(noise))


def data_only():
    ffmpeg(*quarters(64, 64), *X264, "-timecode", "01:00:00:00", OUT / "with_timecode.mov")
    ffmpeg("-i", OUT / "with_timecode.mov", "-map", "0:d", "-c", "copy", OUT / "data_only.mov")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(bytes(OUT)).hexdigest()[:16]
    with open(f"{tempfile.gettempdir()}/reelvault-media-{key}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = OUT / ".recipe"
        if not stamp.exists() or stamp.read_text(encoding="ascii") != RECIPE:
            shutil.rmtree(OUT)
            OUT.mkdir()
            makers = [needs_encoding, plain, odd_picture, deep, odd_time, tracks, sounds, pictures, documents, data_only]
            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                for done in [pool.submit(maker) for maker in makers]:
                    done.result()
            stamp.write_text(RECIPE, encoding="ascii")
    print(OUT)


if __name__ == "__main__":
    main()
