// The path tracer as a fragment shader (GLSL 1.50): one sample of one pixel.
// It follows kernel.py function by function and draws the same random numbers in the same order; the methods and their
// sources are named there. The names of the numbers in m[] stand in parameters.py and are put before this text, with
// WITH_CLASSES, WITH_GRADIENT, WITH_CUT, WITH_UNCUT and WITH_LIGHTS where a scene needs them: a processor that draws carries out both sides of
// every branch, and a graphics card reserves room for them, so what is not needed is not even compiled.

in vec2 texCoord;

uniform sampler3D values;     // 16 bits as 0-1, interpolated
uniform sampler3D classes;    // 8 bits, read voxel by voxel
uniform sampler3D occupancy;  // 8 bits as 0-1, interpolated
uniform sampler3D bounds;     // extinction per millimetre, brick by brick
uniform sampler2D table;      // one row for each class: albedo, extinction
uniform sampler2D materials;  // one texel for each class: gloss, is cut, is ghost, ends at borders
uniform sampler2D gradient;
uniform sampler2D sky;
uniform sampler2D backdrop;
uniform float m[PARAMETERS];
uniform int picture[2];  // width and height, of this tile of the frame
uniform int sampleNumber;
uniform int seedBits;

const float PI = 3.14159265358979;
const float FAR = 1e30;
const float TINY = 1e-12;
const float NUDGE = 1e-4;     // voxels
const int MOST_STEPS = 4096;  // bricks and tentative collisions on one way

uint state;   // of the random numbers
vec3 perSize; // from q to the coordinates of textures

struct Event {
  float t;  // negative: nothing was met
  int kind;
  int entry;
};

vec3 vector(int at) { return vec3(m[at], m[at + 1], m[at + 2]); }

// rows in m, columns in GLSL
mat3 matrix(int at) { return transpose(mat3(vector(at), vector(at + 3), vector(at + 6))); }

uint outputOf(uint x) {
  x = ((x >> ((x >> 28u) + 4u)) ^ x) * 277803737u;
  return (x >> 22u) ^ x;
}

uint scrambled(uint x) { return outputOf(x * 747796405u + 2891336453u); }

uint nextWord() {
  state = state * 747796405u + 2891336453u;
  return outputOf(state);
}

float uniformNumber() { return float(nextWord() >> 8u) * (1.0 / 16777216.0); }

float valueAt(vec3 q) { return textureLod(values, q * perSize, 0.0).r * 65535.0; }

int entryOf(float value) { return int(clamp(value * m[ENTRY_SCALE] + m[ENTRY_OFFSET] + 0.5, 0.0, m[LAST_ENTRY])); }

int classAt(vec3 q, uint word) {
  vec3 moved = vec3(float(word & 1023u), float((word >> 10u) & 1023u), float((word >> 20u) & 1023u)) * (1.0 / 1024.0);
  ivec3 voxel = clamp(ivec3(floor(q - 0.5 + moved)), ivec3(0), textureSize(classes, 0) - 1);
  return int(texelFetch(classes, voxel, 0).r * 255.0 + 0.5);
}

// from changes along (i, j, k) per voxel to changes per millimetre of the world
vec3 perMillimetre(vec3 g) { return g * matrix(MATRIX); }

float gradientSize(vec3 q) {
  vec3 g = vec3(valueAt(q + vec3(1, 0, 0)) - valueAt(q - vec3(1, 0, 0)),
                valueAt(q + vec3(0, 1, 0)) - valueAt(q - vec3(0, 1, 0)),
                valueAt(q + vec3(0, 0, 1)) - valueAt(q - vec3(0, 0, 1))) * 0.5;
  return length(perMillimetre(g));
}

bool isKept(vec3 q) {
  if (any(lessThan(q, vector(BOX_LOW))) || any(greaterThan(q, vector(BOX_HIGH)))) return false;
  int planes = int(m[PLANE_COUNT]);
  for (int n = 0; n < planes; n++) {
    int at = PLANES + 4 * n;
    if (dot(vector(at), q) < m[at + 3]) return false;
  }
  return true;
}

vec2 slab(float origin, float direction, float low, float high, vec2 within) {
  if (abs(direction) < TINY) return origin < low || origin > high ? vec2(FAR, -FAR) : within;
  float a = (low - origin) / direction, b = (high - origin) / direction;
  return vec2(max(within.x, min(a, b)), min(within.y, max(a, b)));
}

vec2 interval(vec3 q, vec3 dq, float limit) {
  bool isCut = m[ALL_CLIPPED] > 0.0;
  vec3 low = isCut ? vector(BOX_LOW) : vec3(0.0), high = isCut ? vector(BOX_HIGH) : vector(SIZE);
  vec2 within = vec2(0.0, limit);
  within = slab(q.x, dq.x, low.x, high.x, within);
  within = slab(q.y, dq.y, low.y, high.y, within);
  within = slab(q.z, dq.z, low.z, high.z, within);
  int planes = isCut ? int(m[PLANE_COUNT]) : 0;
  for (int n = 0; n < planes; n++) {
    int at = PLANES + 4 * n;
    float height = dot(vector(at), q) - m[at + 3], slope = dot(vector(at), dq);
    if (abs(slope) < TINY) {
      if (height < 0.0) within.y = -FAR;
    } else if (slope > 0.0) {
      within.x = max(within.x, -height / slope);
    } else {
      within.y = min(within.y, -height / slope);
    }
  }
  return within;
}

float extinctionAt(vec3 p, int kind, int entry) {
#ifdef WITH_CLASSES
  if (kind >= textureSize(table, 0).y) return 0.0;
#endif
  float extinction = texelFetch(table, ivec2(entry, kind), 0).a;
#ifdef WITH_GRADIENT
  if (extinction > 0.0) {
    float place = gradientSize(p) * m[GRADIENT_SCALE] + 0.5;
    int last = textureSize(gradient, 0).x - 1;
    extinction *= texelFetch(gradient, ivec2(int(min(place, float(last))), 0), 0).r;
  }
#endif
#ifdef WITH_UNCUT
  if (texelFetch(materials, ivec2(kind, 0), 0).g > 0.0 && !isKept(p)) return 0.0;
#endif
  return extinction;
}

// Two loops in each other: the inner one walks through bricks to the next tentative collision, the outer one looks the
// volume up there. So pixels that are drawn together wait for each other at the look-ups, which are what costs time.
Event tracked(vec3 o, vec3 d, float limit) {
  vec3 q = matrix(MATRIX) * o + vector(SHIFT), dq = matrix(MATRIX) * d;
  vec2 within = interval(q, dq, limit);
  float t = within.x, end = within.y;
  Event event = Event(-1.0, 0, 0);
  if (!(t < end)) return event;
  float depth = -log(1.0 - uniformNumber());
  float nudge = NUDGE / max(max(abs(dq.x), max(abs(dq.y), abs(dq.z))), TINY);
  vec3 edges = vector(BRICK);
  ivec3 bricks = textureSize(bounds, 0);
  ivec3 brick = clamp(ivec3(floor((q + dq * (t + nudge)) / edges)), ivec3(0), bricks - 1);
  // the face at which a brick is left lies, along each axis, at (ahead + edges brick) / dq
  bvec3 isLevel = lessThan(abs(dq), vec3(TINY)), isRising = greaterThan(dq, vec3(0.0));
  vec3 perStep = 1.0 / mix(dq, vec3(1.0), isLevel);
  ivec3 onwards = ivec3(isRising) * 2 - 1;
  vec3 ahead = mix(vec3(0.0), edges, isRising) - q;
  for (int n = 0; n < MOST_STEPS; n++) {
    float bound;
    while (true) {
      vec3 leaves = mix((edges * vec3(brick) + ahead) * perStep, vec3(FAR), isLevel);
      float leave = min(min(leaves.x, leaves.y), min(leaves.z, end));
      bound = texelFetch(bounds, brick, 0).r;
      float reach = (leave - t) * bound;
      if (depth < reach) break;
      depth -= max(reach, 0.0);
      t = leave;
      if (t >= end) return event;
      if (leaves.x <= leaves.y && leaves.x <= leaves.z) brick.x += onwards.x;
      else if (leaves.y <= leaves.z) brick.y += onwards.y;
      else brick.z += onwards.z;
      if (any(lessThan(brick, ivec3(0))) || any(greaterThanEqual(brick, bricks))) return event;
      if (++n >= MOST_STEPS) return event;
    }
    t += depth / bound;
    vec3 p = q + dq * t;
    int entry = entryOf(valueAt(p));
    int kind = 0;
#ifdef WITH_CLASSES
    kind = classAt(p, nextWord());
#endif
    if (uniformNumber() * bound < extinctionAt(p, kind, entry)) return Event(t, kind, entry);
    depth = -log(1.0 - uniformNumber());
  }
  return event;
}

float opacityAt(vec3 q, int kind, bool isSolid, bool isCut) {
  bool isThere = all(greaterThanEqual(q, vec3(0.0))) && all(lessThanEqual(q, vector(SIZE)));
#ifdef WITH_CUT
  isThere = isThere && (!isCut || isKept(q));
#endif
  float opacity = 1.0 - exp(-texelFetch(table, ivec2(entryOf(valueAt(q)), kind), 0).a);
#ifdef WITH_CLASSES
  if (isSolid) opacity *= textureLod(occupancy, q * perSize, 0.0).r;
#endif
  return isThere ? opacity : 0.0;
}

vec3 opacityGradient(vec3 q, int kind, bool isSolid, bool isCut) {
  vec3 g;
  for (int axis = 0; axis < 3; axis++) {
    vec3 aside = vec3(axis == 0, axis == 1, axis == 2);
    g[axis] = (opacityAt(q + aside, kind, isSolid, isCut) - opacityAt(q - aside, kind, isSolid, isCut)) * 0.5;
  }
  return perMillimetre(g);
}

// a unit vector at an angle from an axis
vec3 around(vec3 axis, float cosine, float angle) {
  float side = axis.z >= 0.0 ? 1.0 : -1.0;
  float a = -1.0 / (side + axis.z), b = axis.x * axis.y * a;
  float sine = sqrt(max(0.0, 1.0 - cosine * cosine));
  float u = sine * cos(angle), v = sine * sin(angle);
  return vec3(u * (1.0 + side * axis.x * axis.x * a) + v * b + cosine * axis.x,
              u * (side * b) + v * (side + axis.y * axis.y * a) + cosine * axis.y,
              u * (-side * axis.x) + v * (-axis.y) + cosine * axis.z);
}

float cloudShare(float cosine, float g) {
  float below = 1.0 + g * g - 2.0 * g * cosine;
  return (1.0 - g * g) / (4.0 * PI * below * sqrt(max(below, 1e-6)));
}

float cloudCosine(float g, float u) {
  if (abs(g) < 1e-3) return 1.0 - 2.0 * u;
  float part = (1.0 - g * g) / (1.0 - g + 2.0 * g * u);
  return (1.0 + g * g - part * part) / (2.0 * g);
}

// pow is undefined at 0 for some drivers
float power(float base, float exponent) { return base > 0.0 ? pow(base, exponent) : 0.0; }

vec3 skyAt(vec3 d) {
  vec3 seen = matrix(SKY_MATRIX) * d;
  ivec2 size = textureSize(sky, 0);
  int row = int(acos(clamp(seen.y, -1.0, 1.0)) / PI * float(size.y));
  int column = int((atan(seen.x, -seen.z) / (2.0 * PI) + 0.5) * float(size.x));
  return texelFetch(sky, clamp(ivec2(column, row), ivec2(0), size - 1), 0).rgb * m[SKY_STRENGTH];
}

// sets origin and direction, and gives how much of the direction lies along the line of sight
float cameraRay(ivec2 pixel, out vec3 o, out vec3 d) {
  float x = 2.0 * (float(pixel.x) + m[CORNER] + uniformNumber()) / m[FRAME] - 1.0;
  float y = 1.0 - 2.0 * (float(pixel.y) + m[CORNER + 1] + uniformNumber()) / m[FRAME + 1];
  o = vector(EYE);
  d = vector(FORWARD) + x * vector(ACROSS) + y * vector(UPWARDS);
  if (m[APERTURE] > 0.0) {
    float radius = m[APERTURE] * sqrt(uniformNumber());
    float angle = 2.0 * PI * uniformNumber();
    vec3 aside = radius * cos(angle) / length(vector(ACROSS)) * vector(ACROSS)
               + radius * sin(angle) / length(vector(UPWARDS)) * vector(UPWARDS);
    o += aside;
    d = d * m[FOCUS] - aside;
  }
  d = normalize(d);
  return dot(d, vector(FORWARD));
}

float lightWeight(int at, vec3 x, vec3 n) {
  vec3 l = vector(at) - x;
  return m[at + LIGHT_POWER] * (0.1 + max(dot(l, n) / max(length(l), 1e-3), 0.0));
}

// where the numbers of a light begin that is drawn by its weight; sets one by its probability
int chosenLight(vec3 x, vec3 n, out float factor) {
  int at = LIGHTS;
  factor = 1.0;
#ifdef WITH_LIGHTS
  int count = int(m[LIGHT_COUNT]);
  if (count > 1) {
    float total = 0.0;
    for (int k = 0; k < count; k++) total += lightWeight(LIGHTS + k * LIGHT_SIZE, x, n);
    float left = uniformNumber() * total, weight = lightWeight(at, x, n);
    for (int k = 1; k < count; k++) {
      if (left >= weight) {
        left -= weight;
        at = LIGHTS + k * LIGHT_SIZE;
        weight = lightWeight(at, x, n);
      }
    }
    factor = total / weight;
  }
#endif
  return at;
}

// sets direction and distance to a random place of a light, and gives the irradiance that it would give
float lightRay(int at, vec3 x, out vec3 l, out float away) {
  float first = uniformNumber(), second = uniformNumber();
  float radius = sqrt(first), angle = 2.0 * PI * second;
  vec2 place = radius * vec2(cos(angle), sin(angle));
#ifdef WITH_LIGHTS
  if (m[at + IS_RECTANGLE] > 0.0) place = 2.0 * vec2(first, second) - 1.0;
#endif
  l = vector(at) + place.x * vector(at + LIGHT_U) + place.y * vector(at + LIGHT_V) - x;
  away = max(length(l), 1e-3);
  l /= away;
  return max(-dot(l, vector(at + LIGHT_NORMAL)), 0.0) / (away * away);
}

vec4 path(ivec2 pixel) {
  vec3 found = vec3(0.0), carried = vec3(1.0), o, d;
  float along = cameraRay(pixel, o, d);
  float limit = FAR;
  if (textureSize(backdrop, 0).y > 1) limit = min(texelFetch(backdrop, pixel, 0).r, FAR) / max(along, 1e-6);
  int bounces = int(m[MOST_BOUNCES]);
  for (int bounce = 0; bounce <= bounces; bounce++) {
    Event event = tracked(o, d, limit);
    if (event.t < 0.0) return bounce == 0 ? vec4(0.0) : vec4(found + carried * skyAt(d), 1.0);
    limit = FAR;
    o += event.t * d;
    vec3 albedo = texelFetch(table, ivec2(event.entry, event.kind), 0).rgb;
    vec4 material = texelFetch(materials, ivec2(event.kind, 0), 0);
    float gloss = material.r;
    bool isGhost = material.b > 0.0;
    vec3 slope = vec3(0.0);
    if (m[SURFACE] > 0.0 && !isGhost) {  // the others are clouds whatever it is
      slope = opacityGradient(matrix(MATRIX) * o + vector(SHIFT), event.kind, material.a > 0.0, material.g > 0.0);
    }
    float steepness = length(slope);
    bool isSurface = uniformNumber() < 1.0 - exp(-m[SURFACE] * steepness) && steepness > 1e-7;
    vec3 n = vec3(0.0), mirror = vec3(0.0);
    float mirrored = 0.0, lobe = exp2(1.0 + 8.0 * gloss);
    if (isSurface) {
      n = -slope / steepness;
      float facing = -dot(n, d);
      if (facing < 0.0) {
        n = -n;
        facing = -facing;
      }
      if (gloss > 0.0) {
        float rest = 1.0 - min(facing, 1.0);
        mirrored = (0.04 + 0.96 * rest * rest * rest * rest * rest) * min(1.0, 2.0 * gloss);
      }
      mirror = d + 2.0 * facing * n;
      o += m[START_MM] * n;
    }
    // a light, for surface and cloud in one: pixels that are drawn together follow their rays to it together
    vec3 l;
    float away;
    float factor;
    int light = chosenLight(o, n, factor);
    float irradiance = lightRay(light, o, l, away) * factor;
    float cosine = dot(l, n);
    vec3 answer;
    if (isSurface) {
      float matt = (1.0 - mirrored) * cosine / PI, shine = 0.0;
      if (mirrored > 0.0) {
        // what the lobe sends below the surface is folded up, so that no energy is lost
        float direct = max(dot(l, mirror), 0.0), folded = max(dot(l - 2.0 * cosine * n, mirror), 0.0);
        shine = mirrored * (lobe + 1.0) / (2.0 * PI) * (power(direct, lobe) + power(folded, lobe));
      }
      answer = matt * albedo + shine;
    } else {
      answer = cloudShare(dot(l, d), m[ANISOTROPY]) * albedo;
    }
    if (irradiance > 0.0 && (!isSurface || cosine > 0.0)) {
      if (tracked(o, l, away).t < 0.0) found += carried * irradiance * vector(light + LIGHT_COLOR) * answer;
    }
    float chosen = isSurface ? uniformNumber() : 1.0;
    float u = uniformNumber();
    float angle = 2.0 * PI * uniformNumber();
    bool isMirrored = chosen < mirrored;
    if (!isMirrored) carried *= albedo;
    vec3 axis = isMirrored ? mirror : isSurface ? n : d;
    float turn = isMirrored ? power(u, 1.0 / (lobe + 1.0)) : isSurface ? sqrt(u) : cloudCosine(m[ANISOTROPY], u);
    d = around(axis, turn, angle);
    if (isSurface) {
      float below = dot(d, n);
      if (below < 0.0) d -= 2.0 * below * n;
    }
    if (bounce >= 2) {
      float lasting = min(max(carried.r, max(carried.g, carried.b)), 1.0);
      if (uniformNumber() >= lasting) return vec4(found, 1.0);
      carried /= lasting;
    }
  }
  return vec4(found, 1.0);
}

void main() {
  ivec2 pixel = ivec2(texCoord * vec2(picture[0], picture[1]));
  pixel.y = picture[1] - 1 - pixel.y;  // rows are counted from the top
  ivec2 place = pixel + ivec2(m[CORNER], m[CORNER + 1]);
  state = scrambled(uint(place.y * int(m[FRAME]) + place.x));
  state = scrambled(state + uint(sampleNumber));
  state = scrambled(state + uint(seedBits));
  perSize = 1.0 / vector(SIZE);
  vec4 result = path(pixel);
  gl_FragData[0] = any(isnan(result)) || any(isinf(result)) ? vec4(0.0) : result;  // one bad number would stay for good
}
