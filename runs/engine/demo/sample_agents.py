"""The sample agents as plain data: what each shows, its nodes by short names, its connections.

Ids are made from the names (UUID version 5), so they are the same on every machine and after every update.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Random once, fixed for ever.
NAMESPACE = UUID("5b0f2c1e-8f0a-4c53-9a57-3a1f6f2f6f10")
SAMPLE_ASSET_ID = uuid5(NAMESPACE, "asset/sample-clip")
_TYPES = {kind.name: kind.id for kind in CATALOGUE.values()}


@dataclass(frozen=True, slots=True)
class Step:
    """One node: its type by name, what comes into it (short names), its parameters."""

    kind: str
    after: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def node_type_id(self) -> str:
        """The type's id."""
        return _TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Sample:
    """One agent; ``steps`` by short names, in the order of the flow."""

    name: str
    description: str
    steps: Mapping[str, Step]

    @property
    def id(self) -> UUID:
        """The agent's id."""
        return uuid5(NAMESPACE, f"agent/{self.name}")

    def node_id(self, step: str) -> UUID:
        """The ``agent_node_id`` of a step."""
        return uuid5(self.id, step)


PODCAST_SHORTS = Sample(
    "Podcast shorts",
    "Cuts the pauses out of a conversation, finds its scenes, and makes of each clip an upright one with a logo and a "
    "mirrored wide one. Try it with the sample clip.",
    {
        "episode": Step("Video Input"),
        "tighten": Step("Silence Removal", ["episode"]),
        "clips": Step("Clips", ["tighten"], {"num_clips": 3, "target_duration": 8}),
        "upright": Step("Reframe", ["clips"], {"aspect_ratio": "9:16"}),
        "logo": Step(
            "Watermark",
            ["upright"],
            {"use_custom_logo": "mosaic", "logo_position": "top-right", "logo_size": 30, "logo_opacity": 80},
        ),
        "mirrored": Step("Mirror", ["clips"]),
    },
)
TWO_CAMERAS = Sample(
    "Two-camera cut",
    "Two recordings of one talk, each on its own way: the speaker's without pauses and with a logo, the room's square "
    "and mirrored. Each Video Input needs a video of its own.",
    {
        "speaker": Step("Video Input"),
        "room": Step("Video Input"),
        "tighten": Step("Silence Removal", ["speaker"]),
        "logo": Step("Watermark", ["tighten"], {"logo_position": "bottom-left", "logo_size": 25}),
        "square": Step("Reframe", ["room"], {"aspect_ratio": "1:1"}),
        "mirrored": Step("Mirror", ["square"]),
    },
)
BROKEN_STEP = Sample(
    "Broken step",
    "One straight path whose third node, Color Correction, the local engine cannot do: the run ends failed. Bypass "
    "that node, run again, and it goes through.",
    {
        "recording": Step("Video Input"),
        "mirrored": Step("Mirror", ["recording"]),
        "colours": Step("Color Correction", ["mirrored"]),
        "logo": Step("Watermark", ["colours"], {"logo_position": "bottom-right", "logo_size": 20}),
    },
)
EVERYTHING = Sample(
    "Everything",
    "A large agent with every kind of node, to look at and to try bypasses on. The local engine does Video Input, "
    "Silence Removal, Clips, Reframe, Mirror and Watermark; it cannot do Rough Cut, Audio Enhance, Color Correction, "
    "Captions, Cinematic Captions, Motion Graphics, AI B-Roll, AI Music, AI Voiceover, Voice, Intro, Outro, AI Avatar, "
    "AI Content Generation, and Video, Audio and Image Generation. Those fail with a sentence, what comes after them "
    "is not run, and the short clips are made all the same. With a Mosaic key every node works.",
    {
        "recording": Step("Video Input"),
        "tighten": Step("Silence Removal", ["recording"]),
        # Short clips: what the local engine can do by itself.
        "clips": Step("Clips", ["tighten"], {"num_clips": 2, "target_duration": 6}),
        "upright": Step("Reframe", ["clips"], {"aspect_ratio": "9:16"}),
        "upright logo": Step("Watermark", ["upright"], {"logo_position": "top-left"}),
        "upright captions": Step("Captions", ["upright"], {"caption_style": "karaoke"}),
        "square": Step("Reframe", ["clips"], {"aspect_ratio": "1:1"}),
        "mirrored": Step("Mirror", ["square"]),
        "square captions": Step("Cinematic Captions", ["square"], {"animation_style": "pop"}),
        "square outro": Step("Outro", ["square captions"]),
        # The long film.
        "sound": Step("Audio Enhance", ["tighten"]),
        "colours": Step("Color Correction", ["sound"]),
        "rough cut": Step("Rough Cut", ["colours"], {"prompt": "Keep the strongest answers.", "model_tier": "fast"}),
        "b-roll": Step("AI B-Roll", ["rough cut"]),
        "graphics": Step("Motion Graphics", ["b-roll"], {"prompt": "Name each speaker once."}),
        "music": Step("AI Music", ["graphics"], {"use_intelligent_analysis": True, "genre": "Ambient"}),
        "intro": Step("Intro", ["music"]),
        "outro": Step("Outro", ["intro"]),
        "film logo": Step("Watermark", ["outro"], {"logo_position": "bottom-right"}),
        # Other languages.
        "narration": Step("AI Voiceover", ["colours"]),
        "narration captions": Step("Captions", ["narration"], {"caption_style": "colored"}),
        "dubbed": Step("Voice", ["colours"]),
        "dubbed captions": Step("Captions", ["dubbed"], {"caption_style": "scaling"}),
        # Made from the film's own pictures and voices.
        "poster": Step("Image Generation", ["rough cut"], {"prompt": "A poster of the talk.", "quality": "high"}),
        "teaser": Step("Video Generation", ["poster"], {"prompt": "The poster comes alive.", "duration": "8"}),
        "upright teaser": Step("Reframe", ["teaser"], {"aspect_ratio": "9:16"}),
        "audio trailer": Step("Audio Generation", ["rough cut"], {"mode": "voiceover", "script": "Listen to this."}),
        # Out of nothing.
        "presenter": Step("AI Avatar"),
        "presenter captions": Step("Captions", ["presenter"], {"caption_style": "colored"}),
        "explainer": Step("AI Content Generation", (), {"prompt": "Explain the topic in thirty seconds."}),
        "explainer logo": Step("Watermark", ["explainer"], {"logo_position": "bottom-right"}),
    },
)

SAMPLES = (PODCAST_SHORTS, TWO_CAMERAS, BROKEN_STEP, EVERYTHING)
