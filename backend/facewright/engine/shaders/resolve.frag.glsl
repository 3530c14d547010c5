// Averages the colours of a pixel's samples; label, normal and depth are those of the nearest sample of the commonest label.
#version 330

uniform sampler2D colours_and_labels;
uniform sampler2D normals_and_depths;
uniform int samples;

layout(location = 0) out vec4 colour_and_label;
layout(location = 1) out vec4 normal_and_depth;

void main() {
    ivec2 corner = ivec2(gl_FragCoord.xy) * samples;
    int count = samples * samples;
    vec3 sum = vec3(0.0);
    float best_score = -1.0;
    vec4 best = vec4(0.0);
    vec4 best_label = vec4(0.0);
    for (int i = 0; i < count; ++i) {
        ivec2 place = corner + ivec2(i % samples, i / samples);
        vec4 colour = texelFetch(colours_and_labels, place, 0);
        vec4 geometry = texelFetch(normals_and_depths, place, 0);
        sum += colour.rgb;
        float votes = 0.0;
        for (int j = 0; j < count; ++j) {
            float other = texelFetch(colours_and_labels, corner + ivec2(j % samples, j / samples), 0).a;
            votes += abs(other - colour.a) < 0.001 ? 1.0 : 0.0;
        }
        float score = votes + (geometry.w > 0.0 ? 0.5 / (1.0 + geometry.w) : 0.0);
        if (score > best_score) {
            best_score = score;
            best = geometry;
            best_label = colour;
        }
    }
    colour_and_label = vec4(sum / float(count), best_label.a);
    normal_and_depth = best;
}
