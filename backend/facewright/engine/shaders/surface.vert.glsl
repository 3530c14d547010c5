// Places a render vertex; camera space is OpenCV's (x right, y down, z forward).
#version 330

in vec3 position;
in vec3 normal;
in vec2 uv;
in float surface;
in float openness;
in vec2 turn;

uniform mat4 camera_from_world;
uniform mat4 clip_from_camera;

out vec3 seen_place;
out vec3 seen_normal;
out vec2 texture_uv;
out float sky_share;
out vec2 strand_turn;
flat out float surface_index;

void main() {
    vec4 seen = camera_from_world * vec4(position, 1.0);
    seen_place = seen.xyz;
    seen_normal = mat3(camera_from_world) * normal;
    texture_uv = vec2(uv.x, 1.0 - uv.y);
    sky_share = openness;
    strand_turn = turn;
    surface_index = surface;
    gl_Position = clip_from_camera * seen;
}
