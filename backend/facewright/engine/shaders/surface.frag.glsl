// First pass: stores what is seen at a sample, so that shading costs the same however small the triangles are.
// x: uv, 16 bits each; of strands detail (8), shade, id, and the strand's turn as cosine and sine (6 bits each).
// y: normal on the octahedron, 16 bits each. z: the depth's float bits.
// w: 0 where nothing is seen, else 1 + surface; openness in bits 8 to 15; level of detail from bit 16.
#version 330

in vec3 seen_place;
in vec3 seen_normal;
in vec2 texture_uv;
in float sky_share;
in vec2 strand_turn;
flat in float surface_index;

uniform sampler2D shading;
uniform sampler2D strands;
uniform float texture_side;

layout(location = 0) out uvec4 seen;

uint two_words(vec2 unit) {
    uvec2 bits = uvec2(clamp(unit, 0.0, 1.0) * 65535.0 + 0.5);
    return bits.x | (bits.y << 16);
}

vec2 octahedron(vec3 normal) {
    vec3 n = normal / (abs(normal.x) + abs(normal.y) + abs(normal.z) + 1e-20);
    vec2 folded = (1.0 - abs(n.yx)) * vec2(n.x < 0.0 ? -1.0 : 1.0, n.y < 0.0 ? -1.0 : 1.0);
    return (n.z < 0.0 ? folded : n.xy) * 0.5 + 0.5;
}

#if defined(LASHES) || defined(STRANDS)
float threshold() {
    ivec2 cell = ivec2(gl_FragCoord.xy) % SAMPLES;
    int order = SAMPLES == 2 ? (cell.x ^ cell.y) * 2 + cell.y : cell.y * SAMPLES + cell.x;
    return (float(order) + 0.5) / float(SAMPLES * SAMPLES);
}
#endif

void main() {
    vec2 along = dFdx(texture_uv), across = dFdy(texture_uv);
    float level = 0.5 * log2(max(max(dot(along, along), dot(across, across)), 1e-12)) + log2(texture_side);
    uint place = two_words(texture_uv);
#ifdef LASHES
    if (textureLod(shading, texture_uv, max(level, 0.0)).a < threshold()) discard;
#endif
#ifdef STRANDS
    vec4 texel = textureLod(strands, texture_uv, max(level, 0.0));
    if (texel.a < threshold()) discard;
    uvec4 six_bits = uvec4(vec4(texel.gb, clamp(strand_turn * 0.5 + 0.5, 0.0, 1.0)) * 63.0 + 0.5);
    place = uint(texel.r * 255.0 + 0.5) | six_bits.x << 8 | six_bits.y << 14 | six_bits.z << 20 | six_bits.w << 26;
#endif
    uint detail = uint(clamp(level * 256.0 + 2048.5, 0.0, 65535.0));
    uint code = (1u + uint(surface_index + 0.5)) | (uint(clamp(sky_share, 0.0, 1.0) * 255.0 + 0.5) << 8) | (detail << 16);
    seen = uvec4(place, two_words(octahedron(seen_normal)), floatBitsToUint(seen_place.z), code);
}
