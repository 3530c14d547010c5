// Light of hair, beard and frames, appended to picture.frag.glsl; the formulas of strands.py, which documents them.

float strand_highlight(vec3 strand, vec3 normal, vec3 halfway, float shift, float exponent) {
    vec3 shifted = normalize(strand + shift * normal);
    float along = dot(shifted, halfway);
    float across = sqrt(max(1.0 - along * along, 0.0));
    return smoothstep(-1.0, 0.0, along) * pow(across, exponent);
}

vec3 strand_light(Seen seen, vec3 view) {
    vec3 normal = seen.normal;
    vec3 fall = normal * dot(normal, world_up) - world_up;
    fall /= max(length(fall), 1e-4);
    float agreement = length(seen.turn);
    float cosine = seen.turn.x / max(agreement, 1e-4);
    float sine = sqrt(max(0.5 - 0.5 * cosine, 0.0)) * (seen.turn.y < 0.0 ? -1.0 : 1.0);
    vec3 strand = fall * sqrt(max(0.5 + 0.5 * cosine, 0.0)) + cross(normal, fall) * sine;
    if (dot(normal, view) < STRAND_FLIP) normal = -normal;

    vec3 base = seen.kind == 1 + BEARD ? beard_colour : hair_colour;
    base = tinted(base * 2.0 * seen.strand.x, SHADE_TINT, seen.strand.y);
    vec3 albedo = quick_linear_from_srgb(clamp(base, 0.0, 1.0)) + STRAND_GREY * seen.strand.x * (1.0 - seen.strand.y);
    vec3 hue = mix(vec3(1.0), albedo / (max(albedo.r, max(albedo.g, albedo.b)) + 0.01), FIRST_HUE);
    float openness = seen.openness;
    float toward = dot(normal, light_direction);
    float facing = max(dot(normal, view), 0.0);
    float diffuse = clamp((toward + STRAND_WRAP) / (1.0 + STRAND_WRAP), 0.0, 1.0);
    float lit = clamp(toward * 2.0 + 0.6, 0.0, 1.0) * openness;
    vec3 key = light_key * mix(1.0, openness, STRAND_OCCLUSION);

    vec3 halfway = normalize(light_direction + view);
    float shift = STRAND_SPREAD * (seen.strand.z - 0.5);
    float first = strand_highlight(strand, normal, halfway, shift + FIRST_SHIFT, FIRST_EXPONENT);
    float second = strand_highlight(strand, normal, halfway, shift + SECOND_SHIFT, SECOND_EXPONENT);
    float glint = 0.5 + seen.strand.z;
    vec3 shine = FIRST_STRENGTH * first * hue + SECOND_STRENGTH * glint * second * (albedo + SECOND_WHITE);
    float rim = STRAND_RIM * pow(1.0 - facing, 4.0);
    vec3 colour = albedo * (key * diffuse * STRAND_DIFFUSE + light_ambient * sky(normal.y) * openness * (1.0 + rim));
    return colour + key * lit * shine * agreement * (1.0 - 0.7 * seen.strand.y);
}

vec3 frame_light(Seen seen, vec3 view) {
    vec3 normal = dot(seen.normal, view) < 0.0 ? -seen.normal : seen.normal;
    vec3 albedo = quick_linear_from_srgb(frame_colour);
    vec3 reflectance = max(vec3(FRAME_REFLECTANCE), FRAME_METAL * albedo);
    float toward = dot(normal, light_direction);
    vec3 halfway = normalize(light_direction + view);
    float aligned = max(dot(normal, halfway), 0.0);
    float glancing = max(dot(view, halfway), 0.0);
    float a = FRAME_ROUGHNESS * FRAME_ROUGHNESS;
    float lobe = a / (aligned * aligned * (a * a - 1.0) + 1.0);
    vec3 highlight = reflectance * max(toward, 0.0) * lobe * lobe / (4.0 * max(glancing * glancing, 0.1));
    vec3 rim = reflectance + (1.0 - reflectance) * fifth_power(1.0 - max(dot(normal, view), 0.0)) * 0.5;
    vec3 mirrored = reflect(-view, normal);
    vec3 key = light_key * mix(1.0, seen.openness, KEY_OCCLUSION);
    vec3 colour = albedo * (key * clamp((toward + 0.1) / 1.1, 0.0, 1.0) + light_ambient * sky(normal.y) * seen.openness);
    return colour + key * min(highlight, vec3(SPECULAR_MAXIMUM)) + light_ambient * sky(mirrored.y) * rim * seen.openness;
}
