// Third pass: the sky and the window that a lens mirrors, for screen blending over the picture; strands.py says how.
#version 330

in vec3 seen_place;
in vec3 seen_normal;
in vec2 texture_uv;
in float sky_share;
flat in float surface_index;

uniform usampler2D samples;
uniform vec3 light_direction;
uniform vec3 light_key;
uniform vec3 light_ambient;

layout(location = 0) out vec4 reflection;

void main() {
    float clear = 0.0;  // share of the pixel's samples that lie behind the lens
    for (int i = 0; i < SAMPLES * SAMPLES; ++i) {
        uvec4 bits = texelFetch(samples, ivec2(gl_FragCoord.xy) * SAMPLES + ivec2(i % SAMPLES, i / SAMPLES), 0);
        clear += bits.w == 0u || uintBitsToFloat(bits.z) > seen_place.z ? 1.0 : 0.0;
    }
    vec3 view = -normalize(seen_place);
    vec3 normal = normalize(seen_normal);
    if (dot(normal, view) < 0.0) normal = -normal;
    vec3 mirrored = reflect(-view, normal);
    float rim = 1.0 - dot(normal, view);
    float share = LENS_REFLECTANCE + LENS_SHEEN * rim * rim * rim;
    float window = smoothstep(LENS_WINDOW.x, LENS_WINDOW.y, dot(mirrored, normalize(light_direction - vec3(0.0, 0.0, WINDOW_SHIFT))));
    vec3 sky = mix(SKY_ABOVE, SKY_BELOW, 0.5 + 0.5 * mirrored.y);
    vec3 light = share * light_ambient * sky + LENS_GLARE * window * light_key;
    reflection = vec4(clear / float(SAMPLES * SAMPLES) * min(light, LENS_MAXIMUM), 0.0);
}
