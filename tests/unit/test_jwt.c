#include "common/webhook/jwt.h"
#include "tests/unit/tap.h"

#include <stdio.h>

/* Tokens signed for this test with another library, most of them as no sender would. */
// clang-format off
#define BODY TG_STR("{\n  \"webhook_code\": \"DEFAULT_UPDATE\"\n}")
static const char jwk[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\"8x9vw8RAbDQI9b0kro9MLHaChvV2IWXf5JHNZwEEvKg\",\"y\":\"n-7sp-y0lB5sZukR-Ktk4UzZcSY0wQlUTaf6yVj5Cto\"}";
static const char other_jwk[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\"CkfshSlWE5Hb5oPP5WMSNRwPAo-pOYpol1cnMkgF7sQ\",\"y\":\"KPOyeSnjho1-iub9IhPitsvWDI4jLMSWZYaP2V7t_fI\"}";
static const char x_and_y[] = "\"x\":\"8x9vw8RAbDQI9b0kro9MLHaChvV2IWXf5JHNZwEEvKg\",\"y\":\"n-7sp-y0lB5sZukR-Ktk4UzZcSY0wQlUTaf6yVj5Cto\"";
static const struct {
	const char *about, *text, *code; /* NULL: good */
} token[] = {
	{ "good", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.WZByB7s00HTBrth_P0letnkspK3CEv-TdrjE63HWSzRgDWD8l3kuJgSRS4paQsUdGR-bgayxitM_RCA7F6yksQ", NULL },
	{ "no typ", "eyJraWQiOiJrMSIsImFsZyI6IkVTMjU2In0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.r5-OkiJVdCw59p4K9UYjdQtMJncFFpEfj0ZhwetzCIkssEcnNBisKP4oeGzd07_mxfmb246pmXkYUzukVwHKow", NULL },
	{ "upper-case digest", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3QURGMDA2Q0RFRUIzQkM4MDIwRDA0NDBCRjBGNEE4MUUwOUQyREJERkM2QzQ4NUI2M0Y0M0FBRDdFQTdCMzJBIn0.QzCXfy1OhIbch8O56JD2SPHe9arTBhAXg8qufhxpdrEE3wU52iGLave8TSMtEaFItFCk0V5gt0-K1GiDnjwgJQ", NULL },
	{ "claims of other kinds", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsImV4cCI6MSwieCI6WzFdLCJyZXF1ZXN0X2JvZHlfc2hhMjU2IjoiN2FkZjAwNmNkZWViM2JjODAyMGQwNDQwYmYwZjRhODFlMDlkMmRiZGZjNmM0ODViNjNmNDNhYWQ3ZWE3YjMyYSJ9.gTa6j4hejb7SqkGCdKqveg3SHkTxrfpgLHNodZ6R8C_RdpcSxhqoAl2yHIEQs1cMFtTn-bS2Ljs1RFDSRf66TA", NULL },
	{ "a key of its own in the header", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwiandrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJraWQiOiJrMSIsIngiOiJDa2ZzaFNsV0U1SGI1b1BQNVdNU05Sd1BBby1wT1lwb2wxY25Na2dGN3NRIiwieSI6IktQT3llU25qaG8xLWl1YjlJaFBpdHN2V0RJNGpMTVNXWllhUDJWN3RfZkkifX0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.MOEcPA7Ci9z4wvkgGjHzTC-T_d-t17lcr3W8JhS05n9mTZeqlQ19dd2ypMWMNqcy8rCUMTZXB3IBZO8ZWHwe_g", "signature-mismatch" },
	{ "another key", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.Tjl2QbIN0JkkpUu_5lOa7OkE3l9F0Enl6bYaLzmrnPRly6BU3LXIqPMFU2QGdyd5j6wneNlKuGcWq__eqmLQLQ", "signature-mismatch" },
	{ "unknown key", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsyIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.zRBcVfWqlL8pcjgXTYGY12QG4uZNGAihALuDDJAZeGZBxIRwViehGRq8-iZtpKet9wdJtdgENX7zbaGtLpBx6Q", "unknown-key-id" },
	{ "no kid", "eyJhbGciOiJFUzI1NiJ9.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.4xdH3cNvDdfx4G7o8x0tdBG8ziF_nwOn37jgUUiqXENAN53NmPro3r-64uELLas8pVNUCc-a_EyLO0uQk5Hgqw", "malformed-header" },
	{ "kid is a number", "eyJhbGciOiJFUzI1NiIsImtpZCI6MX0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.A0B1hH2DMwqSSnzs4iqGyLrWjYXzsKP1K4VIUvMotxOtK9cClX6dUVZhNXT3x7tlaZ3HiKk-v9we0nIKGHtYjg", "malformed-header" },
	{ "alg none", "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.", "malformed-header" },
	{ "alg None, signed", "eyJhbGciOiJOb25lIiwia2lkIjoiazEifQ.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.yRpnioKTsopYMmMhKQyNuDW5fUamDcav8oxfNDTW-F1mN4ojNsrCyI7Lcf-IBY4Q33kOEk0QgBnOVjq2jHlkKg", "malformed-header" },
	{ "HS256 with the public key", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.29bNC8CZ-8T62aoS0xGfiRtUdJCANl4Gy63qYaYYxDY", "malformed-header" },
	{ "no alg", "eyJraWQiOiJrMSJ9.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.Er_8enK7q9MMVT8_twKOXG0Hj6McPk4WNIHWdSF18_4zrbWrzvMJ-Vk8o-XRoeE35xl1evPj-DDgcH6MuhAciQ", "malformed-header" },
	{ "es256", "eyJhbGciOiJlczI1NiIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.CBPzv4zuIaCSNeItnRsU4aomVojzkRxUsn62uoun6F3obrHWbSgAE50LXoOHb8e2UoL17LKzUAewux8T3PQxbg", "malformed-header" },
	{ "alg is a list", "eyJhbGciOlsiRVMyNTYiXSwia2lkIjoiazEifQ.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.yL0uVMyhobC4ST5hJgf7Ed95mom9uGg6eI1fLajQdTHT19EtFYK2V-4UDqyWsKOdOijYj7UwXvkTaGq4JwB-_A", "malformed-header" },
	{ "alg twice", "eyJhbGciOiJub25lIiwiYWxnIjoiRVMyNTYiLCJraWQiOiJrMSJ9.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.WsYV7mc2wV0RHwI-0BNIoDgEOT9Cyh-dCCREXaR7s0m4h1dWT9K0pabhkJTSAoor_84GtaiPhj-8fdeqB77ZFA", "malformed-header" },
	{ "alg twice, once escaped", "eyJhbGciOiJFUzI1NiIsIlx1MDA2MWxnIjoibm9uZSIsImtpZCI6ImsxIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.IaZPdhBDmxZitYM3OFOCjqAUKB1CClKTjDU3sr4E6L8Xs1mP7yBmR_m7G1V8ygQyFrVLsbBzYCvpMb2JPQw6xA", "malformed-header" },
	{ "crit", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwiY3JpdCI6WyJiNjQiXSwiYjY0IjpmYWxzZX0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.8Eijqko2wgmSNMsg4evZSpXWFjQogzz4oAX0J0sS90HhcEsimkNmHzjtOM2StfIBH6AkysGIfFZOnq8cQ4Mz6g", "malformed-header" },
	{ "another typ", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.8qa_08p5Nw4P9mNmbSpCm0S-NYp0vEB0LzGZmhVG-joaVlI0AcbqS7EdAb1qSaPCLMs6Ic_ChCXG4Y-zoPiaQQ", "malformed-header" },
	{ "header is a list", "WyJFUzI1NiJd.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.y5o2HXmgkuNEnii9ca6X1y1jne3kI9ePVhNCOqS7fK7zACy-bGtDtGJIhyNQuH5s44V70magRNZvytsPU8UgLQ", "malformed-header" },
	{ "text behind the header", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn17fQ.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.aQYeMspb-flMIZCXvKz92bRatgMIMOsBfALBjWHCuadim4mYDBJwKCGnK9AZu4JDit-Q1pEs_ubX0TOR6C9mmg", "malformed-header" },
	{ "iat missing", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJyZXF1ZXN0X2JvZHlfc2hhMjU2IjoiN2FkZjAwNmNkZWViM2JjODAyMGQwNDQwYmYwZjRhODFlMDlkMmRiZGZjNmM0ODViNjNmNDNhYWQ3ZWE3YjMyYSJ9.DoEjBjZEwAer2TTxqEdwAf0vda8wgRLa3xXc1VgGggXJ6fxdbCAwALYGKFwmhfHbxeXc3_cJXp7YICQ89oLnvA", "malformed-header" },
	{ "iat is text", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOiIxNzYwMDAwMDAwIiwicmVxdWVzdF9ib2R5X3NoYTI1NiI6IjdhZGYwMDZjZGVlYjNiYzgwMjBkMDQ0MGJmMGY0YTgxZTA5ZDJkYmRmYzZjNDg1YjYzZjQzYWFkN2VhN2IzMmEifQ.1bCm6HoLQiL6dms2aKGYbPqnpVsdKU2OLMF5OJg0TYIvnpAgYIA5YS-RkmTKfOlezGyrensFU2nMR_KB20voyQ", "malformed-header" },
	{ "iat with a fraction", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAuNSwicmVxdWVzdF9ib2R5X3NoYTI1NiI6IjdhZGYwMDZjZGVlYjNiYzgwMjBkMDQ0MGJmMGY0YTgxZTA5ZDJkYmRmYzZjNDg1YjYzZjQzYWFkN2VhN2IzMmEifQ.YEm1GFqkbvseRTg4ZyGJYCJ4KP5U-9O0hvlhlu56SebN6FaUq5ghO-TuthHM9YX1N65paswJb6PyRdbTgjTyBQ", "malformed-header" },
	{ "iat negative", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOi0xLCJyZXF1ZXN0X2JvZHlfc2hhMjU2IjoiN2FkZjAwNmNkZWViM2JjODAyMGQwNDQwYmYwZjRhODFlMDlkMmRiZGZjNmM0ODViNjNmNDNhYWQ3ZWE3YjMyYSJ9.wO__vpdqDTsQ-A7hQP5fzR-k12v0rY8-xarUJLtl6kgPbvvyirEDd4nBoscYV3JE80sTWvaIxvbM_YNYEBmXxQ", "malformed-header" },
	{ "iat beyond 64 bits", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE4NDQ2NzQ0MDczNzA5NTUxNjE2LCJyZXF1ZXN0X2JvZHlfc2hhMjU2IjoiN2FkZjAwNmNkZWViM2JjODAyMGQwNDQwYmYwZjRhODFlMDlkMmRiZGZjNmM0ODViNjNmNDNhYWQ3ZWE3YjMyYSJ9.Rndx8_b1dIomRb19-GQ8RO1m93yG65B7SKtE8qbFOTdgNDa4OYbx-7wKIBsTtvCLsIKAzouBcq43z2lNA30cDg", "malformed-header" },
	{ "iat twice", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsImlhdCI6MTc2MDAwMDAwMSwicmVxdWVzdF9ib2R5X3NoYTI1NiI6IjdhZGYwMDZjZGVlYjNiYzgwMjBkMDQ0MGJmMGY0YTgxZTA5ZDJkYmRmYzZjNDg1YjYzZjQzYWFkN2VhN2IzMmEifQ.2x39QQcdMqTMit7egAMwc110JIp4PM0zD45Z-UAfhuJgXYWpHGE6YUsPvNkZFeOxV5crwqwzDgGlogRsm9g4qA", "malformed-header" },
	{ "no digest of the body", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDB9.WnbJlevRvPYV2y_qGv-plFfps_Tvtm_OvUxyM2byGjQFJW3cM1aQm3dw19kvPfMsVo6o1VbqEqLTzEoUYYElqw", "malformed-header" },
	{ "half a digest", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MSJ9.ucIikME1eepef34KsNS5MYYbQdT8_buDEfPAV3DOOMudkezs1NdPN_FWA3Wca2IJRRuliFVMfVHSmDVaLLZf6g", "body-hash-mismatch" },
	{ "the last digit of the digest", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzIwIn0.-ttGIR6wTcZ7MdCePELfP79ouLyB0-ZWmqMFbuA2hXQiLrtp932RMJVbNZawfMCjFe8EcLXDYVhZwuEDokYqqw", "body-hash-mismatch" },
	{ "an empty digest", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiIifQ.44Ouio00bqVNFerasOJwai8M_vriRBNrdNLzAClgeFy4HcpOtrLnPxjmlYeB3BE7F5fPFMMTs9fZIp_-AlIkeA", "body-hash-mismatch" },
	{ "digest of another body", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiJlM2IwYzQ0Mjk4ZmMxYzE0OWFmYmY0Yzg5OTZmYjkyNDI3YWU0MWU0NjQ5YjkzNGNhNDk1OTkxYjc4NTJiODU1In0.9AWelpMI4-HXV5H1gy0828byRXH1UvFb_tUcsnmB6y5ZmkabJtBQUGVNgjY9iQxtXysCbeBxwgw9IDCMwOyozQ", "body-hash-mismatch" },
	{ "payload is no JSON", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eA.Hvf7E5bo1aqRB08kO5WGOEfOsilVJq-trthRgfyfqG_HKya3aw_eu73mhuqVMUVcZcxbep8i-gJ5pB5jzawe5A", "malformed-header" },
	{ "nothing", "", "malformed-header" },
	{ "points only", "..", "malformed-header" },
	{ "two parts", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0", "malformed-header" },
	{ "four parts", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.WZByB7s00HTBrth_P0letnkspK3CEv-TdrjE63HWSzRgDWD8l3kuJgSRS4paQsUdGR-bgayxitM_RCA7F6yksQ.x", "malformed-header" },
	{ "five parts (encrypted)", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.WZByB7s00HTBrth_P0letnkspK3CEv-TdrjE63HWSzRgDWD8l3kuJgSRS4paQsUdGR-bgayxitM_RCA7F6yksQ..", "malformed-header" },
	{ "padding", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0=.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.WZByB7s00HTBrth_P0letnkspK3CEv-TdrjE63HWSzRgDWD8l3kuJgSRS4paQsUdGR-bgayxitM_RCA7F6yksQ", "malformed-header" },
	{ "another spelling of the signature", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.WZByB7s00HTBrth_P0letnkspK3CEv-TdrjE63HWSzRgDWD8l3kuJgSRS4paQsUdGR-bgayxitM_RCA7F6yksR", "malformed-header" },
	{ "a DER signature", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.MEUCIH2bQX6wk3-qhMJaYbnMgbVU5azyIsHcb9L1PA1uRjH3AiEAkK9D8t2alklnd6rnvnf84XaCsYwEuqiQTg7SjkNiSn4", "malformed-header" },
	{ "zero signature", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "signature-mismatch" },
	{ "signature of 65 bytes", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.OGbHxTQ45uuwXGll0KFMyUmJHUiMfQDOiiTb20zcBFT8KDBMBTihVkyEEDf28osN2Jep4c-j6tGVpGxYY_78fAA", "malformed-header" },
	{ "blank before it", " eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3NjAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiI3YWRmMDA2Y2RlZWIzYmM4MDIwZDA0NDBiZjBmNGE4MWUwOWQyZGJkZmM2YzQ4NWI2M2Y0M2FhZDdlYTdiMzJhIn0.WZByB7s00HTBrth_P0letnkspK3CEv-TdrjE63HWSzRgDWD8l3kuJgSRS4paQsUdGR-bgayxitM_RCA7F6yksQ", "malformed-header" },
};
// clang-format on

static bool reads(const char *text, struct tg_jwks *set, struct tg_error *err)
{
	*err = TG_ERROR_INIT;
	return tg_jwks_read(set, tg_str_of(text), err) == TG_OK;
}

/* The reject code, NULL when the token is good under the sets. */
static const char *judge(const char *text, const struct tg_jwks *const *sets, size_t n,
			 struct tg_str body, struct tg_jwt *out)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_jwt jwt = { .text = tg_str_of(text), .scanner = scanner, .arena = &arena };
	struct tg_webhook_fault fault = { .code = NULL };
	bool good = tg_jwt_check(&jwt, sets, n, body, &fault);

	ok("a fault has a message", good || fault.message != NULL);
	*out = jwt;
	return good ? NULL : fault.code;
}

TEST(tokens)
{
	TG_OWN(tg_jwks_release) struct tg_jwks set = TG_JWKS_INIT;
	const struct tg_jwks *const sets[] = { &set };
	struct tg_error err;
	struct tg_jwt out;

	ok("the key", reads(jwk, &set, &err));
	for (size_t i = 0; i < TG_COUNT(token); i++) {
		const char *code = judge(token[i].text, sets, 1, BODY, &out);

		is_str(token[i].about, tg_str_of(code), tg_str_of(token[i].code));
		if (code)
			continue;
		is_int(token[i].about, (long long)out.issued_at, 1760000000);
		ok("what was signed", tg_str_starts(tg_str_of(token[i].text), out.signed_text) &&
					      token[i].text[out.signed_text.n] == '.');
	}
}

TEST(every_byte_of_a_token_counts)
{
	TG_OWN(tg_jwks_release) struct tg_jwks set = TG_JWKS_INIT;
	const struct tg_jwks *const sets[] = { &set };
	char text[1000], body[100];
	struct tg_error err;
	struct tg_jwt out;

	ok("the key", reads(jwk, &set, &err));
	snprintf(text, sizeof(text), "%s", token[0].text);
	for (char *p = text; *p; p++) {
		*p ^= 1;
		ok("a byte of the token", judge(text, sets, 1, BODY, &out) != NULL);
		*p ^= 1;
	}
	memcpy(body, BODY.p, BODY.n);
	for (size_t i = 0; i < BODY.n; i++) {
		body[i] ^= 1;
		is_str("a byte of the body",
		       tg_str_of(judge(text, sets, 1, tg_str_from(body, BODY.n), &out)),
		       TG_STR("body-hash-mismatch"));
		body[i] ^= 1;
	}
	is_str("without its last byte",
	       tg_str_of(judge(text, sets, 1, tg_str_from(body, BODY.n - 1), &out)),
	       TG_STR("body-hash-mismatch"));
}

/* Two files may hold keys of one name while they are exchanged. */
TEST(several_sets)
{
	TG_OWN(tg_jwks_release) struct tg_jwks first = TG_JWKS_INIT;
	TG_OWN(tg_jwks_release) struct tg_jwks second = TG_JWKS_INIT;
	const struct tg_jwks *const sets[] = { &first, &second };
	struct tg_error err;
	struct tg_jwt out;

	ok("the first", reads(other_jwk, &first, &err));
	ok("the second", reads(jwk, &second, &err));
	ok("good", judge(token[0].text, sets, 2, BODY, &out) == NULL);
	is_int("by the second", (long long)out.matched, 1);
	is_str("not by the first", tg_str_of(judge(token[0].text, sets, 1, BODY, &out)),
	       TG_STR("signature-mismatch"));
}

/* form with x and y for each %. */
static void spell(char *to, size_t room, const char *form)
{
	size_t n = 0;

	to[0] = 0;
	for (; *form; form++) {
		int put = snprintf(to + n, room - n, "%s",
				   *form == '%' ? x_and_y : (const char[]){ *form, 0 });

		n += (size_t)put;
	}
	ok("there is room", n < room);
}

TEST(sets_of_keys)
{
#define KEY(more) "{\"kty\":\"EC\",\"crv\":\"P-256\"," more ",%}"
	static const struct {
		const char *about, *text, *why; /* %: x and y */
	} row[] = {
		// clang-format off
		{ "a key", KEY("\"kid\":\"k1\""), NULL },
		{ "all that may be said of it", KEY("\"kid\":\"k1\",\"alg\":\"ES256\",\"use\":\"sig\",\"expired_at\":null"), NULL },
		{ "in the sender's answer", "{\"key\":" KEY("\"kid\":\"k1\"") ",\"request_id\":\"r\"}", NULL },
		{ "in a set", "{\"keys\":[" KEY("\"kid\":\"k1\"") "]}", NULL },
		{ "nothing", "", "line 1" },
		{ "no JSON", "-----BEGIN PUBLIC KEY-----", "line 1" },
		{ "no object", "[1]", "no object" },
		{ "an empty set", "{\"keys\":[]}", "empty" },
		{ "a set that is none", "{\"keys\":{}}", "no array" },
		{ "a set of numbers", "{\"keys\":[1]}", "key 1 is no object" },
		{ "no kid", KEY("\"a\":1"), "kid" },
		{ "an empty kid", KEY("\"kid\":\"\""), "kid" },
		{ "a private key", KEY("\"kid\":\"k1\",\"d\":\"AAAA\""), "private" },
		{ "for another algorithm", KEY("\"kid\":\"k1\",\"alg\":\"ES384\""), "ES256" },
		{ "for encryption", KEY("\"kid\":\"k1\",\"use\":\"enc\""), "ES256" },
		{ "another kind", "{\"kty\":\"oct\",\"kid\":\"k1\",\"k\":\"AAAA\"}", "ES256" },
		{ "no kind", "{\"crv\":\"P-256\",\"kid\":\"k1\",%}", "ES256" },
		{ "another curve", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"k1\",%}", "ES256" },
		{ "no coordinates", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\"}", "\"x\"" },
		{ "half a coordinate", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\"AAAA\",\"y\":\"AAAA\"}", "\"x\"" },
		{ "off the curve", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", "point" },
		{ "expires some day", KEY("\"kid\":\"k1\",\"expired_at\":\"soon\""), "expired_at" },
		{ "a key twice", KEY("\"kid\":\"k1\",\"kid\":\"k2\""), "line 1" },
		{ "one kid for two", "{\"keys\":[" KEY("\"kid\":\"k1\"") "," KEY("\"kid\":\"k1\"") "]}", "same \"kid\"" },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		TG_OWN(tg_jwks_release) struct tg_jwks set = TG_JWKS_INIT;
		struct tg_error err;
		char text[1000];
		bool good;

		spell(text, sizeof(text), row[i].text);
		good = reads(text, &set, &err);
		is_int(row[i].about, good, row[i].why == NULL);
		ok(row[i].about, good || err.status == TG_CONFIG);
		if (!good && row[i].why)
			ok(row[i].why, strstr(err.text, row[i].why) != NULL);
		ok("nothing of it is quoted", !strstr(err.text, "AAAA"));
		is_int("nothing is left", good || (set.n == 0 && !set.jwk), 1);
	}
}

TEST(a_key_that_expired)
{
	TG_OWN(tg_jwks_release) struct tg_jwks set = TG_JWKS_INIT;
	const struct tg_jwks *const sets[] = { &set };
	struct tg_error err;
	struct tg_jwt out;
	char text[1000];

	for (int late = 0; late < 2; late++) {
		snprintf(text, sizeof(text),
			 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"expired_at\":%d,%s}",
			 1760000000 - late, x_and_y);
		tg_jwks_release(&set);
		ok("the key", reads(text, &set, &err));
		is_str(late ? "issued too late" : "issued just in time",
		       tg_str_of(judge(token[0].text, sets, 1, BODY, &out)),
		       tg_str_of(late ? "unknown-key-id" : NULL));
	}
}
