// Shades a fragment; the same formula, line by line, as shading.py, which documents it.
#version 330

in vec3 seen_position;
in vec3 seen_normal;
in vec2 texture_uv;
in float openness;
flat in int surface_index;

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
uniform int samples;

layout(location = 0) out vec4 colour_and_label;
layout(location = 1) out vec4 normal_and_depth;

const int EYE = 1;
const int TEETH = 2;
const int TONGUE = 3;
const int LASH = 4;

vec4 albedo_and_alpha(vec4 layer, vec4 shade, vec4 painted) {
    vec3 colour = mix(skin_colour, skin_colour * REDNESS_TINT, shade.r);
    colour = mix(colour, lip_colour, layer.r);
    colour = mix(colour, hair_colour, layer.b);
    colour = mix(colour, brow_colour, layer.g);
    colour = mix(colour, iris_colour, layer.a);
    colour = mix(colour, painted.rgb, painted.a);
    colour *= 2.0 * shade.g;
    colour *= mix(vec3(1.0), SHADE_TINT, shade.b);
    return vec4(clamp(colour, 0.0, 1.0), shade.a);
}

vec3 linear_from_srgb(vec3 c) {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

vec3 srgb_from_linear(vec3 c) {
    return max(1.055 * pow(c, vec3(0.416666667)) - 0.055, 0.0);
}

vec3 shoulder(vec3 c) {
    vec3 t = max(c - SHOULDER_START, 0.0) / (1.0 - SHOULDER_START);
    return min(c, SHOULDER_START) + (1.0 - SHOULDER_START) * t / (1.0 + t);
}

vec3 sky(float down) {
    return mix(SKY_ABOVE, SKY_BELOW, 0.5 + 0.5 * down);
}

float threshold() {
    ivec2 cell = ivec2(gl_FragCoord.xy) % samples;
    int order = samples == 2 ? (cell.x ^ cell.y) * 2 + cell.y : cell.y * samples + cell.x;
    return (float(order) + 0.5) / float(samples * samples);
}

void main() {
    vec4 layer = texture(layers, texture_uv);
    vec4 shade = texture(shading, texture_uv);
    vec4 painted = texture(paint, texture_uv);
    vec4 surface_albedo = albedo_and_alpha(layer, shade, painted);
#ifdef LASHES
    if (surface_albedo.a < threshold()) discard;
#endif
    vec3 normal = normalize(seen_normal);
    vec3 view = -normalize(seen_position);
#ifdef LASHES
    normal = dot(normal, view) < 0.0 ? -normal : normal;
    Material material = LASH_MATERIAL;
#else
    Material material = surface_index == 0 ? SKIN_MATERIAL : surface_index == EYE ? EYE_MATERIAL : MOUTH_MATERIAL;
#endif
    vec3 albedo = linear_from_srgb(surface_albedo.rgb);
    float toward = dot(normal, light_direction);
    vec3 key = light_key * mix(1.0, openness, KEY_OCCLUSION);
    vec3 diffuse = clamp((toward + material.wrap) / (1.0 + material.wrap), 0.0, 1.0);

    vec3 halfway = normalize(light_direction + view);
    float facing = max(dot(normal, view), 0.0);
    float aligned = max(dot(normal, halfway), 0.0);
    float glancing = max(dot(view, halfway), 0.0);
    float a = material.roughness * material.roughness;
    float lobe = a / (aligned * aligned * (a * a - 1.0) + 1.0);
    float fresnel = material.reflectance + (1.0 - material.reflectance) * pow(1.0 - glancing, 5.0);
    float specular = max(toward, 0.0) * lobe * lobe * fresnel / (4.0 * max(glancing * glancing, 0.1));

    vec3 mirrored = reflect(-view, normal);
    float rim = pow(1.0 - facing, 5.0);
    float reflected = material.reflectance + (max(1.0 - material.roughness, material.reflectance) - material.reflectance) * rim;
    float window = material.window * smoothstep(WINDOW_EDGE.x, WINDOW_EDGE.y, dot(mirrored, light_direction));

    vec3 colour = albedo * (key * diffuse + light_ambient * sky(normal.y) * openness);
    colour += key * min(specular + window, SPECULAR_MAXIMUM) + light_ambient * sky(mirrored.y) * reflected * openness;
#ifndef LASHES
    colour *= gl_FrontFacing ? 1.0 : INSIDE;
#endif
    uint part = texelFetch(labels, ivec2(texture_uv * vec2(textureSize(labels, 0))), 0).r;
#ifdef LASHES
    uint label = LASHES_LABEL;
#else
    uint label = surface_index == TEETH || surface_index == TONGUE ? INNER_MOUTH_LABEL
               : part != 0u ? part : surface_index == EYE ? EYES_LABEL : SKIN_LABEL;
#endif
    colour_and_label = vec4(srgb_from_linear(shoulder(colour)), float(label) / 255.0);
    normal_and_depth = vec4(normal, seen_position.z);
}
