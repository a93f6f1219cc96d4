/*
 * main of every program: the build says which value (TG_TOOL) and of which shape (TG_SHAPE).
 */
#include "common/run/filter.h"
#include "common/run/opener.h"
#include "common/run/sink.h"
#include "common/run/source.h"

#define PASTE(a, b) a##b
#define SHAPE_TYPE(shape) PASTE(tg_, shape)
#define SHAPE_MAIN(shape) PASTE(tg_main_, shape)

extern const struct SHAPE_TYPE(TG_SHAPE) TG_TOOL;

int main(int argc, char **argv)
{
	return SHAPE_MAIN(TG_SHAPE)(&TG_TOOL, argc, argv);
}
