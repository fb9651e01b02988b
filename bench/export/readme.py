"""`README.txt` of an exported folder: the same for every experiment."""

README = """\
What a video model needs to take part in an experiment, and where its videos go.

One folder for each split, for example 7-3-r0 (7 training to 3 test videos, replicate 0):

  training.csv   id, class, group (patient), frames and file of every training video
  training/      those videos, whole, as large as the clips. Learn from these only: another
                 split's training videos may be this one's test videos.
  stills.csv     a row for every video that is to be made, in no order that tells the class:
                   set, id, sample   which still, and which of its videos; an id may tell the class
                   seed              for its random draws
                   image             the still: frame 0 of the video
                   video             where the video goes, without a suffix
  images/        the stills
  videos/        empty: put the videos here
  split.json     the split, as 'bench run --splits' takes it; it tells the class of every video,
                 so keep it from a model that reads no classes

clip.json says what a clip is: 'frames' frames of 'size' x 'size' pixels with 'channels'
channels (1 grey, 3 RGB); frame k of a clip is the video's frame start + offsets[k], from
any start; 'short' says what becomes of a video that is too short.

A video is a file of any of these kinds, named as 'video' says and with its suffix:
  .npy           uint8 (frames, height, width, channels), C order
  no suffix      a folder of frames: 000000.png, 000001.png, ...
  .mkv, .avi     a lossless codec, as FFV1
  .mp4           what coding loses is part of the model's figures
Frame 0 has to be the still.

Then fill in manifest.toml, and name this folder in the experiment file:

  generators = [..., "mine"]

  [generator.mine]
  plugin = "precomputed"
  parameters = { folder = "path/to/this/folder" }
"""
