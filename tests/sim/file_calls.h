/* Where the simulated kernel's files are for those who open them with the C library's calls. */
#ifndef HR_SIM_FILE_CALLS_H
#define HR_SIM_FILE_CALLS_H

#define SIM_FOLDER "/tmp/simulated-"

#endif
