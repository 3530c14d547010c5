"""Light of what heads wear (hair, beard, frames, lenses): shaders/strands.glsl and lens.frag.glsl as formulas.

Hair and beard. Strands hold detail d, shade s and a number i of their own, each in [0, 1], and lie in the surface at a
turn from its fall line, unit(n (n.up) - up). With strand direction t, and l, v, h, openness o as in shading.py:

    albedo    = linear(clip(colour 2 d mix(1, SHADE_TINT, s), 0, 1))
    diffuse   = clamp((n.l + STRAND_WRAP) / (1 + STRAND_WRAP), 0, 1)
    lit       = clamp(2 n.l + 0.6, 0, 1) o
    lobe(e,x) = smoothstep(-1, 0, t'.h) (1 - (t'.h)^2)^(e / 2)         t' = unit(t + (x + STRAND_SPREAD (i - 0.5)) n)
    first     = lobe(FIRST_EXPONENT, FIRST_SHIFT)                      light mirrored on the strands
    second    = lobe(SECOND_EXPONENT, SECOND_SHIFT)                    light that went through them, so it has a colour
    shine     = FIRST_STRENGTH first + SECOND_STRENGTH (0.5 + i) second (albedo + SECOND_WHITE)
    light     = key mix(1, o, STRAND_OCCLUSION)
    colour    = albedo (light diffuse STRAND_DIFFUSE + ambient sky(n) o (1 + STRAND_RIM (1 - n.v)^4))
                + light lit shine (1 - 0.7 s)

The normal is that of the whole mass; it turns around only where it points well away from the viewer. Frames are dark
plastic or bright metal: their reflectance is the larger of FRAME_REFLECTANCE and FRAME_METAL times the albedo. A lens
adds what it mirrors of sky and window, never more than LENS_MAXIMUM, by screen blending over the finished picture.

Source: Kajiya and Kay 1989; Scheuermann 2004 (Practical Real-Time Hair Rendering and Shading).
"""

STRAND_WRAP = 0.5
STRAND_DIFFUSE = 0.85
STRAND_OCCLUSION = 0.8
STRAND_FLIP = -0.17
STRAND_SPREAD = 0.35
STRAND_RIM = 0.6
FIRST_SHIFT = -0.10
FIRST_EXPONENT = 70.0
FIRST_STRENGTH = 0.055
SECOND_SHIFT = 0.12
SECOND_EXPONENT = 14.0
SECOND_STRENGTH = 0.40
SECOND_WHITE = 0.03
FRAME_REFLECTANCE = 0.05
FRAME_METAL = 0.7
FRAME_ROUGHNESS = 0.35
LENS_REFLECTANCE = 0.04
LENS_SHEEN = 0.35
LENS_WINDOW = (0.90, 0.99)
LENS_GLARE = 0.10
LENS_MAXIMUM = 0.25
