// Second pass: shades a pixel from its samples; the same formulas, line by line, as shading.py, which documents them.
// What a job lacks is left out when the shader is compiled: STYLED (the rig has styles), BEARD_LAYER, MAKE_UP, MARKS,
// RELIEF, PIECES, PHOTO_SKIN.
#version 330

uniform usampler2D samples;
uniform sampler2D layers;
uniform sampler2D shading;
uniform sampler2D paint;
uniform usampler2D labels;
uniform sampler2D marks;
uniform sampler2D relief;
uniform sampler2D hair_layer;
uniform sampler2D brows_layer;
uniform sampler2D beard_layer;
uniform sampler2D lips_layer;
uniform sampler2D eyes_layer;
uniform sampler2D photo_skin;

uniform vec4 hair_box;  // left, top, width, height of a layer as shares of the face texture
uniform vec4 brows_box;
uniform vec4 beard_box;
uniform vec4 lips_box;
uniform vec4 eyes_box;
uniform vec3 skin_colour;
uniform vec3 lip_colour;
uniform vec3 brow_colour;
uniform vec3 iris_colour;
uniform vec3 hair_colour;
uniform vec3 beard_colour;
uniform vec3 lips_make_up;
uniform vec3 eyes_make_up;
uniform vec3 frame_colour;
uniform float lips_gloss;
uniform vec4 photo_use;  // share of the photo skin, levels it is finer than the masks, whether it keeps brows, and beard
uniform vec4 skin_detail;  // pores, redness, freckles, wrinkles
uniform vec3 light_direction;
uniform vec3 light_key;
uniform vec3 light_ambient;
uniform vec3 world_up;
uniform vec3 background;
uniform vec3 camera;  // principal point and focal length in px

layout(location = 0) out vec4 colour_and_label;
layout(location = 1) out vec4 normal_and_depth;

const int COUNT = SAMPLES * SAMPLES;

// What a sample sees, unpacked; kind is 0 where nothing is, else 1 + surface. Strands hold detail, shade and id.
struct Seen { int kind; vec2 uv; vec3 normal; float depth; float openness; float level; vec3 strand; vec2 turn; };

// The channels of a texel, as rig/appearance.py names them; cover: beard, make-up of the lips, make-up of the eyes;
// photo.a is 0 where there is no photo skin.
struct Texel { vec4 layer; vec4 shade; vec4 painted; vec3 marks; vec3 cover; vec4 photo; };

vec3 tinted(vec3 colour, vec3 tint, float share) {
    return colour * (1.0 + (tint - 1.0) * share);
}

float grain(Texel texel) {
    float bare = 1.0 - max(texel.layer.a, texel.painted.a);
    return (1.0 - texel.photo.a) * (2.0 * texel.shade.g - 1.0) * (1.0 + (2.0 * skin_detail.x - 1.0) * bare);
}

vec3 composed_albedo(Texel texel) {
    float redness = skin_detail.y, freckles = skin_detail.z, wrinkles = skin_detail.w;
    vec4 layer = texel.layer, shade = texel.shade, painted = texel.painted;
    vec3 colour = tinted(skin_colour, REDNESS_TINT, clamp(shade.r * 2.0 * redness, 0.0, REDNESS_MAXIMUM));
#ifdef MARKS
    colour = tinted(colour, FRECKLE_TINT, texel.marks.r * freckles);
    colour = tinted(colour, SPOT_TINT, texel.marks.g * wrinkles);
    shade.b = 1.0 - (1.0 - shade.b) * (1.0 - texel.marks.b * wrinkles);
#endif
    colour = mix(colour, lip_colour, layer.r);
    vec4 photo = texel.photo;
    vec2 own_hair = vec2(1.0);
#ifdef PHOTO_SKIN
    colour = mix(colour, photo.rgb, photo.a);
    own_hair -= photo.a * photo_use.zw;
    shade.b *= 1.0 - photo.a;
#endif
    colour = mix(colour, hair_colour, layer.b);
    colour = mix(colour, brow_colour, layer.g * own_hair.x);
#ifdef BEARD_LAYER
    colour = mix(colour, beard_colour, texel.cover.x * own_hair.y);
#endif
    colour = mix(colour, iris_colour, layer.a * (1.0 - photo.a));
    colour = mix(colour, painted.rgb, painted.a * (1.0 - photo.a));
#ifdef MAKE_UP
    colour = mix(colour, lips_make_up, texel.cover.y);
    colour = mix(colour, eyes_make_up, texel.cover.z);
#endif
    colour *= 1.0 + grain(texel);
    return clamp(tinted(colour, SHADE_TINT, shade.b), 0.0, 1.0);
}

vec3 quick_linear_from_srgb(vec3 c) {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

vec3 quick_srgb_from_linear(vec3 c) {
    return max(1.055 * pow(max(c, 0.0), vec3(0.416666667)) - 0.055, 0.0);
}

vec3 shoulder(vec3 c) {
    vec3 t = max(c - SHOULDER_START, 0.0) / (1.0 - SHOULDER_START);
    return min(c, SHOULDER_START) + (1.0 - SHOULDER_START) * t / (1.0 + t);
}

vec3 sky(float down) {
    return mix(SKY_ABOVE, SKY_BELOW, 0.5 + 0.5 * down);
}

float fifth_power(float x) {
    return x * x * x * x * x;
}

Material material_of(int surface) {
    return surface == SKIN ? SKIN_MATERIAL : surface == EYE ? EYE_MATERIAL : surface == LASH ? LASH_MATERIAL : MOUTH_MATERIAL;
}

vec2 unpacked(uint bits) {
    return vec2(bits & 0xFFFFu, bits >> 16) / 65535.0;
}

Seen seen_at(uvec4 bits) {
    vec2 folded = unpacked(bits.y) * 2.0 - 1.0;
    vec3 normal = vec3(folded, 1.0 - abs(folded.x) - abs(folded.y));
    float below = max(-normal.z, 0.0);
    normal.xy -= vec2(normal.x < 0.0 ? -below : below, normal.y < 0.0 ? -below : below);
    float openness = float((bits.w >> 8) & 0xFFu) / 255.0;
    float level = (float(bits.w >> 16) - 2048.0) / 256.0;
    vec3 strand = vec3(bits.x & 0xFFu, (bits.x >> 8) & 0x3Fu, (bits.x >> 14) & 0x3Fu) / vec3(255.0, 63.0, 63.0);
    vec2 turn = vec2((bits.x >> 20) & 0x3Fu, bits.x >> 26) / 31.5 - 1.0;
    return Seen(int(bits.w & 0xFFu), unpacked(bits.x), normalize(normal), uintBitsToFloat(bits.z), openness, level, strand, turn);
}

float covered(sampler2D layer, vec4 box, vec2 uv, float level) {
    vec2 at = (uv - box.xy) / box.zw;
    bool is_inside = all(lessThan(abs(at - 0.5), vec2(0.5)));
    return is_inside ? textureLod(layer, at, level).r : 0.0;
}

Texel texel_at(int surface, vec2 uv, float level) {
    vec4 layer = textureLod(layers, uv, level);
    vec3 cover = vec3(0.0), own_marks = vec3(0.0);
    float on_skin = surface == SKIN ? 1.0 : 0.0;
#ifdef STYLED
    layer.b = mix(layer.b, covered(hair_layer, hair_box, uv, level), on_skin);
    layer.g = mix(layer.g, covered(brows_layer, brows_box, uv, level), on_skin);
#endif
#ifdef BEARD_LAYER
    cover.x = on_skin * covered(beard_layer, beard_box, uv, level);
#endif
#ifdef MAKE_UP
    cover.y = on_skin * covered(lips_layer, lips_box, uv, level);
    cover.z = on_skin * covered(eyes_layer, eyes_box, uv, level);
#endif
#ifdef MARKS
    own_marks = textureLod(marks, uv, level).rgb;
#endif
    vec4 photo = vec4(0.0);
#ifdef PHOTO_SKIN
    photo = textureLod(photo_skin, uv, max(level + photo_use.y, 0.0));
    photo.a *= photo_use.x;
#endif
    return Texel(layer, textureLod(shading, uv, level), textureLod(paint, uv, level), own_marks, cover, photo);
}

vec3 bent_normal(vec3 normal, vec2 uv, float level) {
#ifdef RELIEF
    vec4 slope = RELIEF_SCALE * (255.0 * textureLod(relief, uv, level) - 128.0) / 127.0;
    vec2 bend = -(skin_detail.w * slope.xy + skin_detail.x * slope.zw);
    vec3 right = cross(world_up, normal);
    right /= max(length(right), 1e-4);
    return normalize(normal + right * bend.x + cross(normal, right) * bend.y);
#else
    return normal;
#endif
}

vec3 encoded(vec3 light) {
    return clamp(quick_srgb_from_linear(shoulder(light)), 0.0, 1.0);
}

vec3 shaded(Seen seen, Texel texel, vec3 view) {
    int surface = seen.kind - 1;
    float openness = seen.openness;
    Material material = material_of(surface);
    vec3 normal = seen.normal;
    if (surface == SKIN) normal = bent_normal(normal, seen.uv, max(seen.level, 0.0));
    if (surface == LASH && dot(normal, view) < 0.0) normal = -normal;

    float toward = dot(normal, light_direction);
    float facing = max(dot(normal, view), 0.0);
    vec3 key = light_key * mix(1.0, openness, KEY_OCCLUSION);
    vec3 diffuse = clamp((toward + material.wrap) / (1.0 + material.wrap), 0.0, 1.0);

    vec3 halfway = normalize(light_direction + view);
    float aligned = max(dot(normal, halfway), 0.0);
    float glancing = max(dot(view, halfway), 0.0);
    float a = material.roughness * material.roughness;
    float lobe = a / (aligned * aligned * (a * a - 1.0) + 1.0);
    float fresnel = material.reflectance + (1.0 - material.reflectance) * fifth_power(1.0 - glancing);
    float highlight = max(toward, 0.0) * lobe * lobe * fresnel / (4.0 * max(glancing * glancing, 0.1));

    vec3 mirrored = reflect(-view, normal);
    float rim = material.reflectance + (material.sheen - material.reflectance) * fifth_power(1.0 - facing);
    highlight += material.window * smoothstep(WINDOW_EDGE.x, WINDOW_EDGE.y, dot(mirrored, normalize(light_direction - vec3(0.0, 0.0, WINDOW_SHIFT))));

    float hairy = max(max(texel.layer.b, texel.layer.g), texel.cover.x);
    float gloss = 1.0 - HAIR_MATTNESS * hairy + LIP_GLOSS * texel.layer.r + MAKE_UP_GLOSS * lips_gloss * texel.cover.y;
    float bare = 1.0 - max(texel.layer.a, texel.painted.a);
    gloss = max(gloss + PORE_GLOSS * (2.0 * texel.shade.g - 1.0) * 2.0 * skin_detail.x * bare, 0.0);
    vec3 albedo = quick_linear_from_srgb(composed_albedo(texel));
    vec3 colour = albedo * (key * diffuse + light_ambient * sky(normal.y) * openness);
    colour += key * gloss * min(highlight, SPECULAR_MAXIMUM);
    colour += light_ambient * sky(mirrored.y) * gloss * rim * openness;
    return encoded(colour);
}

uint label_of(int kind, Texel texel, vec2 uv) {
    uint part = texelFetch(labels, ivec2(uv * vec2(textureSize(labels, 0))), 0).r;
    int surface = kind - 1;
    if (kind == 0) return 0u;
    if (surface == LASH) return LASHES_LABEL;
    if (surface == TEETH || surface == TONGUE) return INNER_MOUTH_LABEL;
#ifdef STYLED
    if (surface == SKIN) {
        if (part == HAIR_LABEL || part == BROWS_LABEL) part = SKIN_LABEL;
        if (texel.cover.x > BEARD_COVER) part = BEARD_LABEL;
        if (texel.layer.g > BROWS_COVER) part = BROWS_LABEL;
        if (texel.layer.b > HAIR_COVER) part = HAIR_LABEL;
    }
#endif
    return part != 0u ? part : surface == EYE ? EYES_LABEL : SKIN_LABEL;
}

#ifdef PIECES  // light of pieces, in strands.glsl
vec3 strand_light(Seen seen, vec3 view);
vec3 frame_light(Seen seen, vec3 view);
#endif

// Shades samples that belong together and says what they are.
vec3 shown(Seen seen, vec2 pixel, out uint label) {
    vec3 view = -normalize(vec3((pixel - camera.xy) / camera.z, 1.0));
    Texel texel = texel_at(seen.kind - 1, seen.uv, max(seen.level, 0.0));
    label = label_of(seen.kind, texel, seen.uv);
    vec3 colour = shaded(seen, texel, view);
#ifdef PIECES
    if (seen.kind > HAIR) {
        bool is_frame = seen.kind == 1 + FRAME;
        colour = encoded(is_frame ? frame_light(seen, view) : strand_light(seen, view));
        label = is_frame ? GLASSES_LABEL : seen.kind == 1 + BEARD ? BEARD_LABEL : HAIR_LABEL;
    }
#endif
    return seen.kind == 0 ? background : colour;
}

uvec4 sample_bits(int i) {
    return texelFetch(samples, ivec2(gl_FragCoord.xy) * SAMPLES + ivec2(i % SAMPLES, i / SAMPLES), 0);
}

// Software drivers compute both branches of an `if`, and a loop's body before they leave it: hence `do` loops whose
// count is a choice. Each turn of the first loop shades the mean of the samples that see the same as the first of
// those that are left.
void main() {
    uint left = (1u << COUNT) - 1u;
    uint found = 0u;  // the samples' labels, 4 bits each
    int turns = 0;
    vec3 sum = vec3(0.0);
    vec4 geometry = vec4(0.0);
    do {
        Seen mean = Seen(0, vec2(0.0), vec3(0.0), 0.0, 0.0, 0.0, vec3(0.0), vec2(0.0));
        vec2 first_uv = vec2(0.0), place = vec2(0.0);
        float count = 0.0;
        uint members = 0u;
        for (int j = 0; j < COUNT; ++j) {
            Seen one = seen_at(sample_bits(j));
            vec2 apart = abs(one.uv - first_uv);
            bool is_like = one.kind == mean.kind && (one.kind > HAIR || max(apart.x, apart.y) < PLAIN_UV);
            bool is_member = ((left >> j) & 1u) != 0u && (count == 0.0 || is_like);
            first_uv = is_member && count == 0.0 ? one.uv : first_uv;
            float share = is_member ? 1.0 : 0.0;
            members |= is_member ? 1u << j : 0u;
            count += share;
            place += share * (vec2(j % SAMPLES, j / SAMPLES) + 0.5);
            mean = Seen(is_member ? one.kind : mean.kind, mean.uv + share * one.uv, mean.normal + share * one.normal,
                        mean.depth + share * one.depth, mean.openness + share * one.openness,
                        mean.level + share * one.level, mean.strand + share * one.strand, mean.turn + share * one.turn);
        }
        float share = 1.0 / count;
        mean = Seen(mean.kind, mean.uv * share, normalize(mean.normal), mean.depth * share, mean.openness * share,
                    mean.level * share + 0.5 * log2(count), mean.strand * share, mean.turn * share);
        uint label;
        sum += count * shown(mean, floor(gl_FragCoord.xy) + place * share / float(SAMPLES), label);
        for (int j = 0; j < COUNT; ++j) found |= ((members >> j) & 1u) != 0u ? label << (4 * j) : 0u;
        geometry = mean.kind == 0 ? vec4(0.0) : vec4(mean.normal, mean.depth);
        left &= ~members;
        turns += 1;
    } while (left != 0u);
    uint label = found & 15u;
    float best_score = -1.0;
    int i = 0, count = turns == 1 ? 1 : COUNT;
    do {  // the nearest of the samples with the commonest label
        uint own = (found >> (4 * i)) & 15u;
        float score = 0.0;
        for (int j = 0; j < COUNT; ++j) score += own == ((found >> (4 * j)) & 15u) ? 1.0 : 0.0;
        Seen seen = seen_at(sample_bits(i));
        score += own != 0u ? 0.5 / (1.0 + seen.depth) : 0.0;
        vec4 there = own == 0u ? vec4(0.0) : vec4(seen.normal, seen.depth);
        geometry = turns > 1 && score > best_score ? there : geometry;
        label = score > best_score ? own : label;
        best_score = max(score, best_score);
        i += 1;
    } while (i < count);
    colour_and_label = vec4(sum / float(COUNT), float(label) / 255.0);
    normal_and_depth = geometry;
}
