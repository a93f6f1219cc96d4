#include "common/compat/form.h"

void tg_forms_init(struct tg_forms *f)
{
	*f = (struct tg_forms){ .arena = TG_ARENA_INIT };
	(void)tg_form_new(f, TG_FORM_TRUE);
	(void)tg_form_new(f, TG_FORM_FALSE);
}

void tg_forms_release(struct tg_forms *f)
{
	tg_free(f->form);
	tg_free(f->same);
	tg_arena_release(&f->arena);
	*f = (struct tg_forms){ .arena = TG_ARENA_INIT };
}

uint32_t tg_form_new(struct tg_forms *f, enum tg_form_op op)
{
	if (f->n == f->room) {
		f->room = f->room ? f->room * 2 : 256;
		f->form = tg_resize_array(f->form, f->room, sizeof(*f->form));
		f->same = tg_resize_array(f->same, f->room, sizeof(*f->same));
	}
	f->form[f->n] = (struct tg_form){ .op = (uint8_t)op, .rest = TG_FORM_NONE };
	f->same[f->n] = f->n;
	return f->n++;
}

uint32_t tg_form_of(struct tg_forms *f, enum tg_form_op op, const uint32_t *arg, uint32_t args)
{
	uint32_t at = tg_form_new(f, op);

	f->form[at].arg = tg_arena_array(&f->arena, args, sizeof(*arg));
	f->form[at].args = args;
	if (args)
		memcpy(f->form[at].arg, arg, args * sizeof(*arg));
	return at;
}
