/* An environment without AWS's variables, and files of AWS's in a folder of the test's own. */
#ifndef HR_TEST_PROFILE_FIXTURE_H
#define HR_TEST_PROFILE_FIXTURE_H

/* Clears the variables and makes a folder, in which HOME is; both files are missing there. */
void profile_files_make(void);
/* Clears the variables, and removes files and folder. */
void profile_files_remove(void);
/* Unsets whatever begins with AWS_, S3_ or BOTOCORE_. */
void profile_variables_clear(void);

/* Writes ~/.aws/config or ~/.aws/credentials. NULL: removes it. */
void profile_config_write(const char *text);
void profile_credentials_write(const char *text);
const char *profile_folder(void);

#endif
