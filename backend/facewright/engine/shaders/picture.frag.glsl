// Second pass: shades a pixel from its samples; the same formulas, line by line, as shading.py, which documents them.
#version 330

uniform usampler2D samples;
uniform sampler2D layers;
uniform sampler2D shading;
uniform sampler2D paint;
uniform usampler2D labels;

uniform vec3 skin_colour;
uniform vec3 lip_colour;
uniform vec3 brow_colour;
uniform vec3 iris_colour;
uniform vec3 hair_colour;
uniform vec3 light_direction;
uniform vec3 light_key;
uniform vec3 light_ambient;
uniform vec3 background;
uniform vec3 camera;  // principal point and focal length in px

layout(location = 0) out vec4 colour_and_label;
layout(location = 1) out vec4 normal_and_depth;

const int COUNT = SAMPLES * SAMPLES;

vec3 composed_albedo(vec4 layer, vec4 shade, vec4 painted) {
    vec3 colour = mix(skin_colour, skin_colour * REDNESS_TINT, shade.r);
    colour = mix(colour, lip_colour, layer.r);
    colour = mix(colour, hair_colour, layer.b);
    colour = mix(colour, brow_colour, layer.g);
    colour = mix(colour, iris_colour, layer.a);
    colour = mix(colour, painted.rgb, painted.a);
    colour *= 2.0 * shade.g;
    colour *= mix(vec3(1.0), SHADE_TINT, shade.b);
    return clamp(colour, 0.0, 1.0);
}

vec3 linear_from_srgb(vec3 c) {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

vec3 srgb_from_linear(vec3 c) {
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

// What a sample sees, unpacked; kind is 0 where nothing is, else 1 + surface.
struct Seen { int kind; vec2 uv; vec3 normal; float depth; float openness; float level; };

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
    return Seen(int(bits.w & 0xFFu), unpacked(bits.x), normalize(normal), uintBitsToFloat(bits.z), openness, level);
}

vec3 shaded(Seen seen, vec2 pixel) {
    int surface = seen.kind - 1;
    float openness = seen.openness;
    Material material = material_of(surface);
    vec3 view = -normalize(vec3((pixel - camera.xy) / camera.z, 1.0));
    vec3 normal = seen.normal;
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

    float level = max(seen.level, 0.0);
    vec4 layer = textureLod(layers, seen.uv, level);
    vec4 shade = textureLod(shading, seen.uv, level);
    vec4 painted = textureLod(paint, seen.uv, level);
    float pores = PORE_GLOSS * (2.0 * shade.g - 1.0);
    float gloss = max(1.0 - HAIR_MATTNESS * max(layer.b, layer.g) + LIP_GLOSS * layer.r + pores, 0.0);
    vec3 albedo = linear_from_srgb(composed_albedo(layer, shade, painted));
    vec3 colour = albedo * (key * diffuse + light_ambient * sky(normal.y) * openness);
    colour += key * gloss * min(highlight, SPECULAR_MAXIMUM);
    colour += light_ambient * sky(mirrored.y) * gloss * rim * openness;
    return clamp(srgb_from_linear(shoulder(colour)), 0.0, 1.0);
}

uint label_of(int kind, vec2 uv) {
    uint part = texelFetch(labels, ivec2(uv * vec2(textureSize(labels, 0))), 0).r;
    int surface = kind - 1;
    if (kind == 0) return 0u;
    if (surface == LASH) return LASHES_LABEL;
    if (surface == TEETH || surface == TONGUE) return INNER_MOUTH_LABEL;
    return part != 0u ? part : surface == EYE ? EYES_LABEL : SKIN_LABEL;
}

uvec4 sample_bits(int i) {
    return texelFetch(samples, ivec2(gl_FragCoord.xy) * SAMPLES + ivec2(i % SAMPLES, i / SAMPLES), 0);
}

// Software drivers compute both branches of an `if`, and a loop's body before they leave it: hence `do` loops whose
// count is a choice.
void main() {
    Seen mean = Seen(0, vec2(0.0), vec3(0.0), 0.0, 0.0, 0.0);
    bool is_plain = true;
    for (int j = 0; j < COUNT; ++j) {
        Seen one = seen_at(sample_bits(j));
        vec2 apart = abs(one.uv - mean.uv / max(float(j), 1.0));
        is_plain = is_plain && (j == 0 || (one.kind == mean.kind && max(apart.x, apart.y) < PLAIN_UV));
        mean = Seen(one.kind, mean.uv + one.uv, mean.normal + one.normal, mean.depth + one.depth,
                    mean.openness + one.openness, mean.level + one.level);
    }
    float share = 1.0 / float(COUNT);
    mean = Seen(mean.kind, mean.uv * share, normalize(mean.normal), mean.depth * share, mean.openness * share,
                mean.level * share + log2(float(SAMPLES)));
    int count = is_plain ? 1 : COUNT;
    vec3 sum = vec3(0.0);
    uint found = 0u;  // the samples' labels, 4 bits each
    int i = 0;
    do {
        Seen seen = is_plain ? mean : seen_at(sample_bits(i));
        vec2 offset = is_plain ? vec2(0.0) : (vec2(i % SAMPLES, i / SAMPLES) + 0.5) / float(SAMPLES) - 0.5;
        sum += seen.kind == 0 ? background : shaded(seen, gl_FragCoord.xy + offset);
        found |= label_of(seen.kind, seen.uv) << (4 * i);
        i += 1;
    } while (i < count);
    vec4 geometry = mean.kind == 0 ? vec4(0.0) : vec4(mean.normal, mean.depth);
    uint label = found & 15u;
    float best_score = -1.0;
    i = 0;
    do {  // the nearest of the samples with the commonest label
        uint own = (found >> (4 * i)) & 15u;
        float score = 0.0;
        for (int j = 0; j < COUNT; ++j) score += own == ((found >> (4 * j)) & 15u) ? 1.0 : 0.0;
        Seen seen = seen_at(sample_bits(i));
        score += own != 0u ? 0.5 / (1.0 + seen.depth) : 0.0;
        vec4 there = own == 0u ? vec4(0.0) : vec4(seen.normal, seen.depth);
        geometry = !is_plain && score > best_score ? there : geometry;
        label = score > best_score ? own : label;
        best_score = max(score, best_score);
        i += 1;
    } while (i < count);
    colour_and_label = vec4(sum / float(count), float(label) / 255.0);
    normal_and_depth = geometry;
}
