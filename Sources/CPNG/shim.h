// The only door to libpng's header.
#pragma once
#include <png.h>
