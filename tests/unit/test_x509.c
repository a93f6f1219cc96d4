#include "common/json/scan.h"
#include "common/webhook/x509.h"
#include "tests/unit/tap.h"

/* Messages signed for this test with another library, most of them as no sender would. The certificate ran out in 2021: it is pinned, so
 * only its key counts. */
// clang-format off
static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIICpzCCAY+gAwIBAgIBBTANBgkqhkiG9w0BAQsFADAXMRUwEwYDVQQDDAx0ZXN0\n"
	"LmV4YW1wbGUwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAXMRUwEwYD\n"
	"VQQDDAx0ZXN0LmV4YW1wbGUwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIB\n"
	"AQCkGAg1IW2o29acOQEOZD27XtKjKUBFXGuiB2A3K4/hrhk9g/7dYaTDnAEDuVg4\n"
	"hQ+We9p0SGPW7y46Aa30Qwk/kXc6Abj6GpITQzU/YgunjHy0g01HcDEOhW/GrIwm\n"
	"R5E84wp6CieYN1eBlUwGOuX57xRjGSp1d6irbmvpEL3XUZet7VCWOnCKfCpdGB1x\n"
	"pPa8nKXCr5ifdFW/zYrAC9tO33PNGLYSN7vYN7Gy+5KzYVci/I8hd7OYEpb3abML\n"
	"54wK0aFLZNsVSuuS2CAGBruULIIXTrLzL3O4QKCTDRMHwi5mCahKhM/wwOCPnj2F\n"
	"YnLDlAEpCqCo1Y8z2R7klyHvAgMBAAEwDQYJKoZIhvcNAQELBQADggEBAJfsAm5w\n"
	"fW3IWhNXuHZPtOc3yFk7YoJyr/eS1aeaFyHOlPNbd7nVMB6NfoYVYX5Wf3tuc/YO\n"
	"wjwR0V6XsUxiQaz7yOB7Pn2DjR8end3SboiUZVf2avML92UTc4Ar0HEd+rFMR903\n"
	"66y5s6DjZu6qL0wnTz2K6Vz0y09wHJ/hCanSyjS3chhubih7bVRgD/SVihpWuodY\n"
	"/+8z1OnjSHNvOalx4KkiNdEvxF71cj/YzWqrZSXLkAFIs/+SwntCC8L1RP/xBu+v\n"
	"W4akb/zt7oni67K3NLRYKxUCnFEdE+PPuJAxIILakxoaiaEfAxFEH+qhgi1pPgv/\n"
	"bFcCnjTIkvFYv6k=\n"
	"-----END CERTIFICATE-----\n";
static const char by_sha1[] = "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"1\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"jTLcGGm217WSNyKWkS4K8Y0jGBm69AT9/Spzpm/32BJi96XAiyzL8Y7qiEMFLapRR7lSpToiuJBTtzYcyvQKdG0kX60sRWXuyU6tjKiekhDpOb892+2P3u1CtWGVgfnaPpFxwGylNx6yJ2SQvedR/vZg3ZPuT27c8N1sEiA5ss3HVruOSCkyQLK4+v5vMpKNbtBNBGu6PmKXm5vgOlHjamKwSJp1RO6Bi7WjGyV6v21Fz+N97swxIxGhUqmjN87gvFRrawZzVr8boyjnm+bBX5bwlccsW/SJLe3ZNSg6squQn46w5rVVMXwACSstxIaX6QEm1y5juGF3JVKk6/in7g==\"}";
static const struct {
	const char *about, *text, *code; /* NULL: good */
} message[] = {
	{ "a notification", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", NULL },
	{ "with a subject", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Subject\":\"My first\",\"Signature\":\"lbtXyz6WTwrenvHKSX52ztI1KwvaHFhSruosDd91zJ3ry+IiFQwscdNI6VSERerzvFSYpVPFBsla6WJ566Dp8/PNMP2cIzagtnFeVMCvZKA+aZQ+WPML+SNaQ+ZtyOH8i116jWNlFhpEHWuOltMNApPmRssns95E8M0YGFsOTnOp4udPDvPyghkvlB6Z8P2mBGfqwVSr3f5GsC8o/RodBCUreSPfsk3Z60FqYlT4HtgX2b/hju2nLh1OUuHWmGiDsRc1Z2nFccOKaQGl70gSMVu7B/EBnUcUzGbGCW/9R0+OtKzjSM/u7xGn/NVahMYVEEYScl4vnX45Q2ZlXDAqWQ==\"}", NULL },
	{ "members in another order", "{\"Signature\": \"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\", \"SigningCertURL\": \"https://sns.us-west-2.amazonaws.com/x.pem\", \"SignatureVersion\": \"2\", \"Timestamp\": \"2025-10-09T08:53:20.000Z\", \"Message\": \"Hello w\\u00f6rld!\\nsecond line\", \"TopicArn\": \"arn:aws:sns:us-west-2:1:T\", \"MessageId\": \"22b80b92-fdea\", \"Type\": \"Notification\"}", NULL },
	{ "spelt with escapes", "{\"Type\": \"Notification\", \"MessageId\": \"22b80b92-fdea\", \"TopicArn\": \"arn:aws:sns:us-west-2:1:T\", \"Message\": \"Hello w\\u00f6rld!\\nsecond line\", \"Timestamp\": \"2025-10-09T08:53:20.000Z\", \"SignatureVersion\": \"2\", \"SigningCertURL\": \"https://sns.us-west-2.amazonaws.com/x.pem\", \"Signature\": \"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", NULL },
	{ "more members, unsigned", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\",\"Extra\":1}", NULL },
	{ "a confirmation", "{\"Type\":\"SubscriptionConfirmation\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Token\":\"2336\",\"SubscribeURL\":\"https://sns.us-west-2.amazonaws.com/\?Action=C\",\"Signature\":\"K1hEHs2PF8+IOnlxf/omi+0cFOSbKePNzmbdqngK4QubMgMreqMMxVyapId0gr4jecFZDa1Yo03YZ01vv8SChIwJRMjzyqBSciYuyhGCwiZTV5kwEw/DnymBc7hHpLPxhrZPPrmfv4gC6jbaB4S6ZSMTRrOC4RWyjNTPA+uWenZzGt5sIh64smzyankjc6ty3o1ZVDwAqaYy+bITbub9P0HGdQSOmm5gpWtPTsH6kBoR3P7F6kTq7QEhGXweVyPDF4gCe00FNc48TFYNjF+t8+wl+sF4BTSXMwxqx8A8fgLfjxQimBN/HZQzjURJuZpiVa538LQiXI8tk///XC0FFw==\"}", NULL },
	{ "an unsubscription", "{\"Type\":\"UnsubscribeConfirmation\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Token\":\"2336\",\"SubscribeURL\":\"https://sns.us-west-2.amazonaws.com/\?Action=C\",\"Signature\":\"EqT73pRiIo2e87aiT7l6hpAa07ENtQCbrCFQuvqfDhNdfQ0eL2fl9zPMgICk8RxTm+1ZFCFvIunUP+cS1iaFzC4DUup0CvnFLJPxdJ043VWskJUUqH88NHj43bdzdSZFeGMlFNR8kGY+Nr+w2gsMMbWM0RZ5kkF4R1S64h8ualwlCQF0WhgOZNRW7oECjt5zWVZRAtY3E3UqwWFgUsGdrGYbwUojGPohCKLVRXfxqCIa4zF2e9D5Ml9c6Wyxhr+6F9ugio1pVXasTSgtRO70NFCIOOyOnOd47KjzIykQYHS+DUPCxNLEaqmWhTVg7w+PBsNIGpeydHEsUaFl+MFqxQ==\"}", NULL },
	{ "China", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.cn-north-1.amazonaws.com.cn/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", NULL },
	{ "no JSON", "x", "malformed-body" },
	{ "a list", "[]", "malformed-body" },
	{ "raw delivery", "{\"a\":1}", "missing-signature" },
	{ "signature is a number", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":1}", "missing-signature" },
	{ "unsigned", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\"}", "missing-signature" },
	{ "no version", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "no-signature-of-known-version" },
	{ "version 3", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"3\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "no-signature-of-known-version" },
	{ "version as a number", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":2,\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "no-signature-of-known-version" },
	{ "version 1", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"1\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"jTLcGGm217WSNyKWkS4K8Y0jGBm69AT9/Spzpm/32BJi96XAiyzL8Y7qiEMFLapRR7lSpToiuJBTtzYcyvQKdG0kX60sRWXuyU6tjKiekhDpOb892+2P3u1CtWGVgfnaPpFxwGylNx6yJ2SQvedR/vZg3ZPuT27c8N1sEiA5ss3HVruOSCkyQLK4+v5vMpKNbtBNBGu6PmKXm5vgOlHjamKwSJp1RO6Bi7WjGyV6v21Fz+N97swxIxGhUqmjN87gvFRrawZzVr8boyjnm+bBX5bwlccsW/SJLe3ZNSg6squQn46w5rVVMXwACSstxIaX6QEm1y5juGF3JVKk6/in7g==\"}", "no-signature-of-known-version" },
	{ "SHA-1 called SHA-256", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"jTLcGGm217WSNyKWkS4K8Y0jGBm69AT9/Spzpm/32BJi96XAiyzL8Y7qiEMFLapRR7lSpToiuJBTtzYcyvQKdG0kX60sRWXuyU6tjKiekhDpOb892+2P3u1CtWGVgfnaPpFxwGylNx6yJ2SQvedR/vZg3ZPuT27c8N1sEiA5ss3HVruOSCkyQLK4+v5vMpKNbtBNBGu6PmKXm5vgOlHjamKwSJp1RO6Bi7WjGyV6v21Fz+N97swxIxGhUqmjN87gvFRrawZzVr8boyjnm+bBX5bwlccsW/SJLe3ZNSg6squQn46w5rVVMXwACSstxIaX6QEm1y5juGF3JVKk6/in7g==\"}", "signature-mismatch" },
	{ "another type", "{\"Type\":\"Other\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"SFkRMVzX4TCnamDVLQ55uaDdqvqxGpK2rqNix2VW7cU2GIEiYEkuLEz6CKCorPz5GlIw3kExaXUXcnCFF1HdYLCMNhkKKT731xi71DjnFZKsDVN5MuwVlPm8ndqr4oMUKWiEFda6Edbv2b0uzCLOyCHbQM0xW/X5IeF7AxPHwd+IhVPEkDbtdC9IKdniY4OOR3KYFpfv8gKTcU9vA+Lh+DE4fAs3hpma5ZPRuQfZ+TLcHlketTa+/rmfvSCI7FTXWS1JkDYDmvJHVOFIj79eJPyrm9H4lX0ZTUexf+RV0+TB66z9vzE4ViDVSkn+Q5z+WRqn8IzAPrPDzAj6nRbouA==\"}", "malformed-body" },
	{ "a confirmation called notification", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Token\":\"2336\",\"SubscribeURL\":\"https://sns.us-west-2.amazonaws.com/\?Action=C\",\"Signature\":\"K1hEHs2PF8+IOnlxf/omi+0cFOSbKePNzmbdqngK4QubMgMreqMMxVyapId0gr4jecFZDa1Yo03YZ01vv8SChIwJRMjzyqBSciYuyhGCwiZTV5kwEw/DnymBc7hHpLPxhrZPPrmfv4gC6jbaB4S6ZSMTRrOC4RWyjNTPA+uWenZzGt5sIh64smzyankjc6ty3o1ZVDwAqaYy+bITbub9P0HGdQSOmm5gpWtPTsH6kBoR3P7F6kTq7QEhGXweVyPDF4gCe00FNc48TFYNjF+t8+wl+sF4BTSXMwxqx8A8fgLfjxQimBN/HZQzjURJuZpiVa538LQiXI8tk///XC0FFw==\"}", "signature-mismatch" },
	{ "no message", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"F9V/O8JcfqtRh1kwj+SRT73C+Y0Z892KAEXBXPgdMm8D+Y0NWQSpprU7xWQc4owIZSwUbmBrfk5jiy8eR/+a0PLNWXphYGHCiQAnqEEAfwVKVLS2yu8XvLojQPGt0620TpaT9tu8fd6IqcqeP8fgVOgM2hlHnh0c1i4xtLJR9jn1513JLLPBZi6uWxXz8AAC6k6WPMSInPyPLMoUpNnLv17XqBwBXoLuepe5KKrzAAY+Kd1uxOZui9nLNJ1F7b/Izs74HHEMN8jztNow042VGjl6mSEvWZ4gub4NcLhsN7bFU7jENV0YNcQGrid89iPVHtUcTA7i7xfTi0ivWdC+cA==\"}", "malformed-body" },
	{ "message is null", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":null,\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"F9V/O8JcfqtRh1kwj+SRT73C+Y0Z892KAEXBXPgdMm8D+Y0NWQSpprU7xWQc4owIZSwUbmBrfk5jiy8eR/+a0PLNWXphYGHCiQAnqEEAfwVKVLS2yu8XvLojQPGt0620TpaT9tu8fd6IqcqeP8fgVOgM2hlHnh0c1i4xtLJR9jn1513JLLPBZi6uWxXz8AAC6k6WPMSInPyPLMoUpNnLv17XqBwBXoLuepe5KKrzAAY+Kd1uxOZui9nLNJ1F7b/Izs74HHEMN8jztNow042VGjl6mSEvWZ4gub4NcLhsN7bFU7jENV0YNcQGrid89iPVHtUcTA7i7xfTi0ivWdC+cA==\"}", "malformed-body" },
	{ "subject is null", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Subject\":null,\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "malformed-body" },
	{ "a subject put in", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\",\"Subject\":\"\"}", "signature-mismatch" },
	{ "no token", "{\"Type\":\"SubscriptionConfirmation\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"SubscribeURL\":\"https://sns.us-west-2.amazonaws.com/\?Action=C\",\"Signature\":\"iqreRRHdJhBQytYzlYSCGxNMyK0VTHyulZMDQjqbyJxg4nHPjbyMlcFMn01VtOHqUwkB4u23U5SDZDY7B+ht1eo38VgCsZmFfiHXSncSWpTDH8fel680/JmN8i2uvY8J1ZBz7n67BSyYCDnlugxDxdZbQXDqLVDXvLE7Y/N7SzEj3lXUuxOS2Z367IabrBFvVvmZFKeHiU67eqb6zKDaAbI7cbX2wRSGIL3EC8pHhycPDdsTCNCcDYNMp9N/RVH0sPpOTo7c8UEC4SGCtu2wjhIFSibcH3hUmryyREwO9dh6Gi1AjFR5IvvRW7FBnqP7m2Zqg8vcjsxR8rtYlJKZog==\"}", "malformed-body" },
	{ "an id of two lines", "{\"Type\":\"Notification\",\"MessageId\":\"a\\nSubject\\nb\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"TxfLeFa3WOGZlCPiMukFZ47IfrKOCfKMW66rAhZ4et1Psbmw1axICnUYNgWvau3KJp0vCkfZxNLdL1CgFlgkGZBazrE9DU5PEq18XFn7oJDx502+KdFdQUzPsXw5191XSVT+vibKmNkvZtnhfPwPYUTm/SMVPvDyvKPjtf8i9CX+TmRvDOELINP8aqbot3QeGszI6GC/P+5o2o9eo1g63Phhf5wlNHBj7gFO3/gtmb62GavZvAZLmc/rsj/kUl2DT0ZLhbbK5hi4fdLeXoMwJ3RHNTtBk3ARaTi/vlUTWNB5a8Nm4vrBIvU8N/CddL27mpQPNWQKAD7N+Ke42YUdkA==\"}", "malformed-body" },
	{ "a subject of two lines", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Subject\":\"a\\nTimestamp\\nb\",\"Signature\":\"YAit64jQLn0X/n65TRNFGX0oR7P7IichiAqIYQ0Dyk7CMh4oD+91jRxvZjWthFgCIrQGOdyvIix6nBiUX4ylpSLaIUBXSvEZx+TiimY3jl4bRakDNGlsSuDL2cLWPZ9cvIaEneUxdByoEvmfVVFZDHYMzkGEVfXNBePFsEoUmXHPa9eUnsx0wJ77mXdINLcUoezfnMvDG+f8wsyvuZY/PnsqXG8IP4/r9QSuJSYkTl9Uds2VolLYB8C/oZYZxMIKzvPSzXQETXZL9lb3CMAY9cZg5np8O2yTcc65e9z/GeklwPergNyY2gdrLa1e2glU0QHJ+UHxJqVAv+x7g1VEAA==\"}", "malformed-body" },
	{ "no time", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"yesterday\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"Mj8SaxDbfjuQrLTTg5qIGVBU659Br1QXcklhmqOIl81CyjDeQmGVAzx4Gci40G6hwYVAls3y4aSlQA4bxZ070MxulK3S1Gytn9bCtMzkbRTV+vH4B96gP+2pgInC0L87WRnC3tOQD1LpYv3JPTLB9QkAOu24A6WtXe+UxseyFInW5i0qBVVcMrA9rKVO7myxNiLQnjk+/JbQ0Nf9kOVWywISmngAewZjnRgvEBgnwP7ggrDWn/k+Uqkw4YgUS5qVYn9vo/JXD3gxyLPFrTZP1b/fxMQPB/qBmrewz9OhRQWI4d/0Fng0iFQZGIGGvL46n16VviaKGP0Yy8ETLvP5Vg==\"}", "malformed-body" },
	{ "time in seconds", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"1760000000\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"KWq3H1/saeDwmg9J2gKtBA70ZuVOYEtTb8MOkj4K+pjPxymW5eiowoIX/Q8Udkn19JTH9iuWSJKl03ZxQC2bTqDc/w+PeYvzwN8lf59Wqv19vCDvWG/2C5zR7BE5BI3zbrmaISWyrQF1sX5RP2R0LmkiEeo/KoGVvnOATTHTwY2+jyRJHQ8YSkUiH/G5sUugMrw1h6+1dSbBsYd7qkN0ArhvOcRPuOELHQ+UXM9Jxjch8x7iyZ/a4/S+07VjQ5EGj3HA6O9X+WRrUTC71CsqCOCxLtafQzCNW2holt9qdDMbQRnla5M3mhvm4CK1XQ8mQYnQ7rY5tgA9c2aTqGoNTg==\"}", "malformed-body" },
	{ "host behind ours", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com.evil.example/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "host before ours", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://evil.example/sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "host with ours as a user", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com@evil.example/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "a host within", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.evil.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "a bucket of anybody", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.s3.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "another service", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://s3.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "no region", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns..amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "no TLS", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"http://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "a port", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com:8443/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "no address", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\"}", "untrusted-cert-url" },
	{ "signature is not base64", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"!\"}", "malformed-header" },
	{ "signature is empty", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"\"}", "malformed-header" },
	{ "signature of another length", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"AAAA\"}", "signature-mismatch" },
	{ "signature of zeros", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\"}", "signature-mismatch" },
	{ "Message twice", "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea\",\"TopicArn\":\"arn:aws:sns:us-west-2:1:T\",\"Message\":\"Hello wörld!\\nsecond line\",\"Timestamp\":\"2025-10-09T08:53:20.000Z\",\"SignatureVersion\":\"2\",\"SigningCertURL\":\"https://sns.us-west-2.amazonaws.com/x.pem\",\"Signature\":\"NHo4NK5Tt4NWxLOX9WSdDJTMvlG7fHryeoVmMCB2SOiNLKF8BjJWg3ofBXJWCFfksdN0dr1f7gX8BNV8jAhuHYePilbrA5iF+wetOMMl/RQvaodmW+nDcMsv1LjO+4mcbvfwcsj47mGPAwDymVrQRdo0F2KQov4uM0nNbUWXXS8nD7RoKKgMODehHFHrI/4HNLJRwcXR+/ObkORR/gSszJrVMRO+83eJiqEODTWNiw3C4yD3fUxFvgwXcGznZVc8kzRjh69bsVPMz6HJTgOXDOZuHw7u7mVj5W7BlB/m4noxnzeyuGgYBCUBSocKio+Dlr01Q0EGw3YacU5ZIP6eQg==\",\"Message\":\"x\"}", "malformed-body" },
};
static const char paypal_signature[] = "Gn4CBRXs4cQ113MJ6AwHuLkLksMFEQl0aAdctvTIl6J2Ynjh9T+OlrUq69vpc+sfiNCZC3NtwIh0ckjWEidUfZx0ZHJDTCHWnv9UVID/TYpxPvqVZ+TZrIXGpO55hgFILNHXBknyWJL97S+ErvwA/nplVXsijDpLQOFg7zhqWdFAk1xcFoX3tQbIRbLZgGaBpvH96Rab0K/I5DCzy6/4OdgTaavTZ0AVk7XES5lktQsZ3W9bdkTffWXo9na3QQGgI10RqLks79NgTHmGtjcbojTQw65SyQ3we51xnLZlU0IrCdCLHNw2s7zP2PHM7/iXG9VGQ3pHSNGZWJWxAEZKIQ==";
static const unsigned char forged[] = { 123, 34, 105, 100, 34, 58, 34, 87, 72, 45, 50, 34, 44, 34, 112, 97, 105, 100, 34, 58, 116, 114, 117, 101, 125, 32, 33, 93, 36, 10 };
// clang-format on

static struct tg_public_key *pinned(void)
{
	struct tg_public_key *key = NULL;
	struct tg_error err = TG_ERROR_INIT;

	is_int("the certificate",
	       tg_public_key_read(&key, TG_KEY_RSA_PEM, tg_str_of(certificate), &err), TG_OK);
	return key;
}

/* The reject code of a message; NULL: it is good. */
static const char *judge(struct tg_public_key *key, struct tg_str text, bool sha1, bool looked_at)
{
	TG_OWN(tg_scanner_free) struct tg_scanner *scanner = tg_scanner_new();
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_sns sns = { .sha1 = sha1, .arena = &arena };
	struct tg_webhook_fault fault = { .code = NULL };
	struct tg_x509_found found = { .matched = 7 };
	struct tg_record rec;
	bool good;

	if (tg_scan(scanner, tg_arena_copy(&arena, text), &rec) == TG_SCAN_OK)
		sns.body = &rec;
	good = tg_sns_check(&sns, &key, 1, &found, &fault);
	ok("a fault has a message", good || fault.message != NULL);
	if (good && looked_at) {
		is_int("the key", (long long)found.matched, 0);
		ok("id and time", found.id.n && tg_str_is(found.time, "2025-10-09T08:53:20.000Z"));
		ok("what was signed", tg_str_starts(found.signed_text, TG_STR("Message\n")));
	}
	return good ? NULL : fault.code;
}

TEST(messages)
{
	TG_OWN(tg_public_key_free) struct tg_public_key *key = pinned();

	for (size_t i = 0; i < TG_COUNT(message); i++)
		is_str(message[i].about,
		       tg_str_of(judge(key, tg_str_of(message[i].text), false, true)),
		       tg_str_of(message[i].code));
}

TEST(sha1_only_when_it_is_asked_for)
{
	TG_OWN(tg_public_key_free) struct tg_public_key *key = pinned();

	is_str("off", tg_str_of(judge(key, tg_str_of(by_sha1), false, false)),
	       TG_STR("no-signature-of-known-version"));
	is_str("on", tg_str_of(judge(key, tg_str_of(by_sha1), true, false)), TG_STR_NONE);
	is_str("and SHA-256 then too",
	       tg_str_of(judge(key, tg_str_of(message[0].text), true, false)), TG_STR_NONE);
}

/* What may be changed without harm: how values are spelt is not signed, nor is the address of the certificate. */
TEST(every_byte_of_what_is_signed_counts)
{
	static const char *const members[] = { "\"MessageId\":\"", "\"Message\":\"",
					       "\"Timestamp\":\"", "\"TopicArn\":\"",
					       "\"Type\":\"",	   "\"Signature\":\"" };
	TG_OWN(tg_public_key_free) struct tg_public_key *key = pinned();
	char text[2000];
	size_t n = strlen(message[0].text);

	ok("there is room", n < sizeof(text));
	memcpy(text, message[0].text, n + 1);
	is_str("as it came", tg_str_of(judge(key, tg_str_from(text, n), false, false)),
	       TG_STR_NONE);
	for (size_t i = 0; i < TG_COUNT(members); i++) {
		char *p = strstr(text, members[i]);

		ok(members[i], p != NULL);
		for (p += strlen(members[i]); *p != '"'; p++) {
			*p ^= 1;
			ok(members[i], judge(key, tg_str_from(text, n), false, false) != NULL);
			*p ^= 1;
		}
	}
}

TEST(hosts)
{
	static const struct {
		const char *url, *host; /* NULL: none */
	} row[] = {
		// clang-format off
		{ "https://a.example/x", "a.example" },
		{ "https://a.example/", "a.example" },
		{ "https://a.example/x?y#z", "a.example" },
		{ "https://a.example", NULL },
		{ "https:///x", NULL },
		{ "https://A.example/x", NULL },
		{ "HTTPS://a.example/x", NULL },
		{ "https:/a.example/x", NULL },
		{ "https://a.example\\@b.example/x", NULL },
		{ "https://a.example#@b.example/x", NULL },
		{ "https://a.example?@b.example/x", NULL },
		{ "https://a.example%00/x", NULL },
		{ "https://user@a.example/x", NULL },
		{ "https://a.example/x y", NULL },
		{ "https://a.example/x\n", NULL },
		{ " https://a.example/x", NULL },
		{ "https://\xc3\xa9.example/x", NULL },
		{ "", NULL },
		// clang-format on
	};

	for (size_t i = 0; i < TG_COUNT(row); i++) {
		struct tg_str host = TG_STR_NONE;

		is_int(row[i].url, tg_https_host(tg_str_of(row[i].url), &host),
		       row[i].host != NULL);
		is_str(row[i].url, host, tg_str_of(row[i].host));
	}
}

static const char *paypal(struct tg_public_key *key, struct tg_paypal p)
{
	TG_OWN(tg_arena_release) struct tg_arena arena = TG_ARENA_INIT;
	struct tg_webhook_fault fault = { .code = NULL };
	struct tg_x509_found found;

	p.arena = &arena;
	return tg_paypal_check(&p, &key, 1, &found, &fault) ? NULL : fault.code;
}

TEST(paypal_signs_little)
{
	const struct tg_paypal good = {
		.id = TG_STR("id-1"),
		.time = TG_STR("2025-10-09T08:53:20Z"),
		.signature = tg_str_of(paypal_signature),
		.algorithm = TG_STR("SHA256withRSA"),
		.certificate_url = TG_STR("https://api.paypal.com/v1/notifications/certs/CERT-1"),
		.webhook_id = TG_STR("WH-ID"),
		.body = TG_STR("{\"id\":\"WH-1\"}"),
	};
	struct tg_paypal p = good;
	TG_OWN(tg_public_key_free) struct tg_public_key *key = pinned();

	is_str("good", tg_str_of(paypal(key, good)), TG_STR_NONE);
	p.body = TG_STR("{\"id\":\"WH-2\"}");
	is_str("another body", tg_str_of(paypal(key, p)), TG_STR("signature-mismatch"));
	p.body = tg_str_from((const char *)forged, sizeof(forged));
	is_str("a forged body of the same CRC: this is why it is weak", tg_str_of(paypal(key, p)),
	       TG_STR_NONE);
	p = good;
	p.webhook_id = TG_STR("WH-OTHER");
	is_str("another webhook", tg_str_of(paypal(key, p)), TG_STR("signature-mismatch"));
	p = good;
	p.time = TG_STR("2025-10-09T08:53:21Z");
	is_str("another time", tg_str_of(paypal(key, p)), TG_STR("signature-mismatch"));
	p = good;
	p.id = TG_STR("id-1|2025-10-09T08:53:20Z");
	is_str("a bar in a part", tg_str_of(paypal(key, p)), TG_STR("malformed-header"));
	p = good;
	p.algorithm = TG_STR("SHA1withRSA");
	is_str("the message chooses no algorithm", tg_str_of(paypal(key, p)),
	       TG_STR("no-signature-of-known-version"));
	p = good;
	p.certificate_url = TG_STR("https://api.paypal.com.evil.example/x");
	is_str("another host", tg_str_of(paypal(key, p)), TG_STR("untrusted-cert-url"));
	p.certificate_url = TG_STR("https://api.sandbox.paypal.com/x");
	is_str("the sandbox", tg_str_of(paypal(key, p)), TG_STR_NONE);
}
