// The only door to NLopt's header.
#pragma once
#include <nlopt.h>
