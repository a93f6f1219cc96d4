/*
 * solve: inside common/compat: is there a value of which some formulas are true and others false?
 *
 * That one version of a contract takes all that the other does is asked so: is there a value that the one takes and the other not? The
 * answer is a value, or that there is none, or that it could not be found out. The three are never mixed up: "none" is proved. A value
 * that is given is meant to fit; whoever tells it to people asks the validator first.
 *
 * A question is a goal: a set of literals. A literal is a formula, taken as true or as false. For each kind of value a goal is taken
 * apart into atoms, branch by branch, and what is left of a branch is settled by what is known of numbers, texts, arrays and objects;
 * those of arrays and objects ask goals about what is within them. While a goal is asked for, it counts as having no value: the
 * smallest value of a goal has none of its own in it. Work is counted, and ends with "unsure".
 */
#ifndef TG_COMPAT_SOLVE_H
#define TG_COMPAT_SOLVE_H

#include "common/compat/form.h"
#include "common/json/scan.h"

enum tg_sat {
	TG_SAT_NONE,   /* there is no such value: proved */
	TG_SAT_SOME,   /* there is one */
	TG_SAT_UNSURE, /* neither was found */
};

/* A literal: twice the formula, one more where it is to be false. */
#define TG_LIT(form) ((form)*2)
#define TG_LIT_NOT(form) ((form)*2 + 1)

struct tg_lits {
	uint32_t *p;
	uint32_t n, room;
};

void tg_lits_add(struct tg_lits *l, uint32_t lit);
void tg_lits_release(struct tg_lits *l);

struct tg_goal;
struct tg_expansion;

enum { TG_SOLVE_DEPTH = 200 };

struct tg_solver {
	struct tg_forms *f;
	struct tg_arena arena; /* of values and goals; lives as long */
	struct tg_scanner *scanner;
	struct tg_matcher matcher;
	struct tg_work *work; /* for the validator */
	uint64_t steps, steps_max;
	uint64_t deadline; /* in nanoseconds of the process's CPU time */
	bool late;
	unsigned depth, nest;
	unsigned depth_max; /* of this pass; see tg_solve_shallow */
	uint32_t pass;	    /* what was unsure in another one is asked again */
	unsigned probing; /* the depth of a question about the value of another, 0: none is asked */
	bool cut;	  /* something was not looked into for its depth */
	unsigned low;	  /* the outermost goal under way that the last answers stood on */
	struct tg_goal **slot;
	uint32_t slots, goals;
	struct tg_goal **stack; /* answers that stand on a goal under way */
	uint32_t stacked, stack_room;
	struct tg_expansion *pool[TG_SOLVE_DEPTH + 1];
	uint32_t *made; /* formulas that were made to tell values or names apart */
	uint32_t mades, made_room;
	uint32_t string;		     /* tg_solve_string; 0: not made yet */
	const struct tg_dfa *format_dfa[32]; /* of known formats; see text.h */
	bool format_tried[32];
	const char *why; /* the first reason for being unsure; static text */
	uint32_t why_form;
};

void tg_solver_init(struct tg_solver *s, struct tg_forms *f, struct tg_work *work);
void tg_solver_release(struct tg_solver *s);

/* A new question: so many steps, and no reason for being unsure yet. */
void tg_solver_begin(struct tg_solver *s, uint64_t steps, uint64_t nanoseconds);

/* The value is JSON text that lives as long as the solver; NULL: it is not wanted. */
enum tg_sat tg_solve(struct tg_solver *s, const uint32_t *lit, uint32_t n, struct tg_str *value);

/* The same, with values that go less deep first: for what people are to look at. */
enum tg_sat tg_solve_shallow(struct tg_solver *s, const uint32_t *lit, uint32_t n,
			     struct tg_str *value);

/* False when no work is left. */
bool tg_solve_step(struct tg_solver *s, uint64_t n);

/* Before and after a call that leads back to itself. False: it goes too deep, which is a reason for being unsure. */
TG_MUST_USE bool tg_solve_deeper(struct tg_solver *s);
void tg_solve_back(struct tg_solver *s);

/* Gives TG_SAT_UNSURE, and keeps the first reason. */
enum tg_sat tg_solve_unsure(struct tg_solver *s, const char *why, uint32_t form);

enum tg_sat tg_solve_too_long(struct tg_solver *s);

/* Values of one kind of which all literals are true: branch.c. */
enum tg_sat tg_branch(struct tg_solver *s, const uint32_t *lit, uint32_t n, unsigned kind,
		      struct tg_str *value);
void tg_branch_free(struct tg_expansion **expansion);

/* "The value is this one", as a formula: canonical text of a value of that kind. */
uint32_t tg_solve_equal(struct tg_solver *s, unsigned kind, struct tg_str canonical);
/* "The value is a string." */
uint32_t tg_solve_string(struct tg_solver *s);
/* "The string is one of these." They are sorted and copied. */
uint32_t tg_solve_words(struct tg_solver *s, struct tg_str *word, uint32_t words);

/*
 * Formulas of a value
 */

enum tg_truth {
	TG_TRUTH_NO,
	TG_TRUTH_YES,
	TG_TRUTH_MAYBE,
};

/* Of the value at span. */
enum tg_truth tg_eval(struct tg_solver *s, uint32_t form, const struct tg_record *rec,
		      uint32_t span);
/* Whether all literals are true of JSON text. */
enum tg_truth tg_eval_all(struct tg_solver *s, const uint32_t *lit, uint32_t n, struct tg_str json);
/* A record of a text, as a string, without a scan; span has one place and lives as long. */
struct tg_record tg_eval_string(struct tg_solver *s, struct tg_str text, struct tg_span *span);
/* Scans; false: it is none. Lives as long as the solver. */
bool tg_eval_scan(struct tg_solver *s, struct tg_str json, struct tg_record *rec);

/*
 * What is left of a branch: atoms of one kind, as literals. Each says whether a value fits, and gives one.
 */

enum tg_sat tg_solve_number(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value);
enum tg_sat tg_solve_text(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value);
enum tg_sat tg_solve_array(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value);
enum tg_sat tg_solve_object(struct tg_solver *s, const struct tg_lits *atom, struct tg_str *value);

/* Where one of the atoms is a list of values: whether one of them is what all atoms ask for. */
enum tg_sat tg_solve_among(struct tg_solver *s, const struct tg_lits *atom,
			   const struct tg_form *among, struct tg_str *value);

/* The members a name falls under: appends the formulas that the value of a member of that name must fulfil. TG_TRUTH_MAYBE: a pattern
 * took too long. */
enum tg_truth tg_solve_member(struct tg_solver *s, const struct tg_form_members *m,
			      struct tg_str name, struct tg_lits *forms);

/* A literal's formula, and whether it is taken as false. */
static inline const struct tg_form *tg_lit_form(const struct tg_solver *s, uint32_t lit)
{
	return &s->f->form[lit / 2];
}

#endif
