/** As a file of a game is: for hosts, and for the command line. */
export { saga as default } from './saga.ts'
