"""The parameters of the node types we know, each with the page that documents it.

Mosaic's API has no schema of parameters; its tile pages describe them. Where a page could not be read, the keys come
from the vendor's published agent skills and sample code, and the entry is not ``complete``.
"""

from __future__ import annotations

from runs.params.values import NodeParams, Param

_CAPTIONS = "docs.mosaic.so/tiles/captions"
_CLIPS = "docs.mosaic.so/tiles/clips"
_WATERMARK = "docs.mosaic.so/tiles/watermark"
_AUDIO = "docs.mosaic.so/tiles/audio-generation"
_IMAGE = "docs.mosaic.so/tiles/image-generation"
_MUSIC = "docs.mosaic.so/tiles/ai-music"
_SKILL = "Mosaic agent skills"
# Keys of our own engine, for types whose keys Mosaic does not document.
_ENGINE = "engine"

_GRID = ("top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right")
_IMAGE_SIZES = (
    "square_hd",
    "square",
    "portrait_4_3",
    "portrait_16_9",
    "landscape_4_3",
    "landscape_16_9",
    "auto",
    "custom",
)

_CUTTING = (
    NodeParams("9451e6ff-ac7f-4317-9055-a2f35f641b29", "Video Input"),
    NodeParams(
        "e6098dd4-4a6e-470f-981e-2618c11eee21",
        "Rough Cut",
        (
            Param("prompt", "string", "", required=True, source=_SKILL),
            Param("model_tier", "enum", "fast", enum=("fast", "pro"), source=_SKILL),
            Param("combine_input_renders", "boolean", False, source=_SKILL),
        ),
        complete=False,
    ),
    NodeParams(
        "bcc5cb04-76b7-48e9-a344-0e8a29c19be0",
        "Clips",
        (
            Param("prompt", "string", "", help="What makes a good moment; empty: any.", source=_CLIPS),
            Param("num_clips", "integer", minimum=1, maximum=20, nullable=True, help="At most so many.", source=_CLIPS),
            Param(
                "target_duration",
                "number",
                minimum=1,
                maximum=300,
                nullable=True,
                unit="s",
                help="About how long each clip should be.",
                source=_CLIPS,
            ),
            Param(
                "scene_threshold",
                "number",
                10,
                minimum=1,
                maximum=100,
                engine_only=True,
                help="How much of the picture must change for a new scene, in percent.",
                source=_ENGINE,
            ),
            Param(
                "min_scene_seconds", "number", 1, minimum=0.1, maximum=60, unit="s", engine_only=True, source=_ENGINE
            ),
        ),
    ),
    NodeParams(
        "a22d0b93-2bbf-479d-8efd-d446163982e8",
        "Silence Removal",
        (
            Param(
                "threshold_db",
                "number",
                -35,
                minimum=-90,
                maximum=-10,
                unit="dB",
                engine_only=True,
                help="Sound below this counts as silence.",
                source=_ENGINE,
            ),
            Param(
                "min_silence_ms",
                "integer",
                600,
                minimum=100,
                maximum=60000,
                unit="ms",
                engine_only=True,
                source=_ENGINE,
            ),
            Param("padding_ms", "integer", 120, minimum=0, maximum=5000, unit="ms", engine_only=True, source=_ENGINE),
        ),
        complete=False,
    ),
    NodeParams(
        "0e3a90e4-173f-42fc-b7ef-0df6a062e26c",
        "Reframe",
        (
            Param(
                "aspect_ratio",
                "enum",
                "9:16",
                enum=("9:16", "4:5", "1:1", "4:3", "16:9"),
                engine_only=True,
                source=_ENGINE,
            ),
            Param("fill", "enum", "crop", enum=("crop", "blur", "pad"), engine_only=True, source=_ENGINE),
            Param("focus_x", "number", 50, minimum=0, maximum=100, unit="%", engine_only=True, source=_ENGINE),
            Param("focus_y", "number", 50, minimum=0, maximum=100, unit="%", engine_only=True, source=_ENGINE),
            Param("pad_color", "color", "#000000", engine_only=True, source=_ENGINE),
        ),
        complete=False,
    ),
    NodeParams(
        "71156aca-3e21-45b0-8960-099dba07c83a",
        "Mirror",
        (
            Param(
                "direction",
                "enum",
                "horizontal",
                enum=("horizontal", "vertical", "both"),
                engine_only=True,
                source=_ENGINE,
            ),
        ),
        complete=False,
    ),
    NodeParams(
        "6808af58-2d9a-4e3b-aacb-2d9c143b7729",
        "Watermark",
        (
            Param("use_custom_logo", "enum", "mosaic", enum=("mosaic", "custom"), required=True, source=_WATERMARK),
            Param("image_id", "id", nullable=True, help="An uploaded image, for custom.", source=_WATERMARK),
            Param(
                "logo_position",
                "enum",
                "bottom-right",
                enum=("top-left", "top-right", "bottom-left", "bottom-right"),
                required=True,
                source=_WATERMARK,
            ),
            Param("logo_size", "number", 30, minimum=1, maximum=100, required=True, unit="%", source=_WATERMARK),
            Param("logo_opacity", "number", 80, minimum=10, maximum=100, required=True, unit="%", source=_WATERMARK),
            Param("logo_margin_x", "integer", 20, minimum=0, maximum=4000, required=True, unit="px", source=_WATERMARK),
            Param("logo_margin_y", "integer", 20, minimum=0, maximum=4000, required=True, unit="px", source=_WATERMARK),
        ),
    ),
)

_STYLE = (
    NodeParams(
        "cdccb204-168e-4aec-aa72-480b11e74324",
        "Captions",
        (
            Param("caption_style", "enum", "colored", enum=("colored", "scaling", "karaoke"), source=_CAPTIONS),
            Param("base_color", "color", "#F8FAFC", source=_CAPTIONS),
            Param("highlight_color", "color", "#A78BCA", source=_CAPTIONS),
            Param("stroke_color", "color", "#000000", source=_CAPTIONS),
            Param("stroke_enabled", "boolean", source=_CAPTIONS),
            Param("caption_font", "string", help="A Google font, for example Montserrat.", source=_CAPTIONS),
            Param("caption_font_weight", "string", help='Written as text: "700".', source=_CAPTIONS),
            Param("caption_font_size_px", "number", nullable=True, unit="px", source=_CAPTIONS),
            Param("shadow_enabled", "boolean", source=_CAPTIONS),
            Param("shadow_color", "color", source=_CAPTIONS),
            Param("shadow_blur", "number", source=_CAPTIONS),
            Param("shadow_opacity", "number", source=_CAPTIONS),
            Param("caption_vertical_position", "number", minimum=0, maximum=100, unit="%", source=_CAPTIONS),
            Param("caption_min_words", "integer", source=_CAPTIONS),
            Param("caption_max_words", "integer", source=_CAPTIONS),
        ),
        complete=False,
    ),
    NodeParams(
        "dfa94b02-6a18-4922-9613-636bd202d69d",
        "Cinematic Captions",
        (
            Param("font1", "string", source=_SKILL),
            Param("font2", "string", source=_SKILL),
            Param("color_override", "string", nullable=True, source=_SKILL),
            Param("text_bg_enabled", "boolean", source=_SKILL),
            Param("text_bg_color", "color", source=_SKILL),
            Param("text_bg_opacity", "number", source=_SKILL),
            Param(
                "animation_style",
                "enum",
                enum=("fade", "pop", "slide", "typewriter", "cinematic", "highlight"),
                source=_SKILL,
            ),
            Param("stroke_enabled", "boolean", source=_SKILL),
            Param("stroke_color", "color", source=_SKILL),
            Param("stroke_width", "number", source=_SKILL),
            Param("caption_position", "enum", "auto", enum=("auto", *_GRID), source=_SKILL),
        ),
        complete=False,
    ),
    NodeParams(
        "19144346-8714-4a02-b19c-32c18bd1ad13",
        "Motion Graphics",
        (
            Param("prompt", "string", "", source=_SKILL),
            Param("model_tier", "string", source=_SKILL),
            Param("style_video_url", "string", source=_SKILL),
            Param("frequency_per_minute", "string", "auto", source=_SKILL),
            Param("reference_links", "string", source=_SKILL),
            Param("only_generate_full_screen_graphics", "boolean", source=_SKILL),
        ),
        complete=False,
    ),
    NodeParams("2160392b-ebe8-4f3d-b81e-fd11bdbbeb77", "AI B-Roll", complete=False),
    NodeParams(
        "3b281fb9-9eb2-40f6-b05b-4b6f909a3da9",
        "AI Music",
        (
            Param("use_intelligent_analysis", "boolean", source=_MUSIC),
            Param("genre", "string", source=_MUSIC),
        ),
        complete=False,
    ),
)

_UNDESCRIBED = tuple(
    NodeParams(type_id, name, complete=False)
    for type_id, name in (
        ("9570c960-b32b-4e4d-8871-5775d886f7cb", "AI Voiceover"),
        ("14abd0c1-402c-40b8-8ec8-defd951efe01", "Voice"),
        ("425274c9-7735-4cf2-b7cb-46c6a7f0066a", "Audio Enhance"),
        ("8254e1f8-dfea-42f9-90d8-aa91ec859bec", "Color Correction"),
        ("ef3f8d59-26be-4ea0-b655-9a08b10577cc", "Intro"),
        ("cf517f33-3f78-4d55-88c2-a7d8478f8ef9", "Outro"),
    )
)

_GENERATION = (
    NodeParams(
        "b3b4c9e2-2a47-4fa9-8ce8-0c1fa1d7b6ef",
        "AI Avatar",
        (Param("avatar_profile_id", "id", nullable=True, source="docs.mosaic.so/tiles/ai-avatar"),),
        complete=False,
    ),
    NodeParams(
        "d898f2b1-3151-4231-a4d4-dd4d5a020b05",
        "AI Content Generation",
        (Param("prompt", "string", "", required=True, source="docs.mosaic.so/tiles/ai-content-generation"),),
        complete=False,
    ),
    NodeParams(
        "a2eb3ec2-da7a-4f97-94d2-a9a537548522",
        "Video Generation",
        (
            Param("prompt", "string", "", source=_SKILL),
            Param("model", "string", source=_SKILL),
            Param("resolution", "string", source=_SKILL),
            Param("duration", "string", unit="s", help="Seconds, written as text.", source=_SKILL),
            Param("aspect_ratio", "string", source=_SKILL),
            Param("generate_audio", "boolean", source=_SKILL),
            Param("selected_context", "object", source=_SKILL),
        ),
        complete=False,
    ),
    NodeParams(
        "14687f30-5fd0-468f-8239-2784d83df95b",
        "Audio Generation",
        (
            Param("mode", "enum", "voiceover", enum=("voiceover", "music"), source=_AUDIO),
            Param("model", "enum", "eleven_v3", enum=("eleven_v3", "music"), source=_AUDIO),
            Param("script", "string", "", source=_AUDIO),
            Param("voice_id", "string", nullable=True, source=_AUDIO),
            Param("use_upstream_voice_reference", "boolean", True, source=_AUDIO),
            Param("selected_context", "object", source=_AUDIO),
        ),
        complete=False,
    ),
    NodeParams(
        "18b998a0-2ea7-4676-a5d3-3ae6c8ac0b72",
        "Image Generation",
        (
            Param("prompt", "string", "", required=True, source=_IMAGE),
            Param("model", "enum", "gpt-image-2", enum=("gpt-image-2",), source=_IMAGE),
            Param("image_size", "enum", "landscape_4_3", enum=_IMAGE_SIZES, source=_IMAGE),
            Param("custom_width", "number", 1280, minimum=256, maximum=3840, unit="px", source=_IMAGE),
            Param("custom_height", "number", 960, minimum=256, maximum=3840, unit="px", source=_IMAGE),
            Param("quality", "enum", "high", enum=("low", "medium", "high"), source=_IMAGE),
            Param("output_format", "enum", "png", enum=("jpeg", "png", "webp"), source=_IMAGE),
            Param("selected_context", "object", source=_IMAGE),
        ),
    ),
)

NODE_PARAMS: dict[str, NodeParams] = {
    entry.type_id: entry for entry in (*_CUTTING, *_STYLE, *_UNDESCRIBED, *_GENERATION)
}
